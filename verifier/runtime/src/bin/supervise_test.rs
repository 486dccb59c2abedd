//! What `assize __supervise` is to the product, for this crate's tests.

fn main() -> std::process::ExitCode {
    match assize_runtime::is_supervisor() {
        true => assize_runtime::supervise_main(),
        false => std::process::ExitCode::FAILURE,
    }
}
