//! Notices edits of the clause library, which the compiler embeds but does not watch.

fn main() {
    println!("cargo::rerun-if-changed=../../clauses");
    println!("cargo::rerun-if-changed=build.rs");
}
