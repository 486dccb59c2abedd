//! Reports over one small case that has everything, and over a large and a hostile one.

mod browser;
mod formats;
mod hostile;
mod human;
mod page;
mod sample;
mod size;
