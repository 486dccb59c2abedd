//! The `source` room: reads delivered Go source, module files, build files and suppressions, and writes down facts.

#![allow(dead_code)]

mod go;
