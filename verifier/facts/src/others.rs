//! Which paths of a deliverable hold other people's code and test data: what stands there nobody hands over as the product's.

/// Whether a path leads through test data, vendored code, packages of Node.js or the contents of a module. The path may lead into archives (`a.tar.gz!b/c`).
pub fn is_others(path: &str) -> bool {
    let mut folders = path.split('/').rev().skip(1).map(|part| part.rsplit('!').next().unwrap_or(part));
    folders.any(|folder| matches!(folder, "testdata" | "vendor" | "node_modules") || is_of_module_cache(folder))
}

/// `name@v1.2.3`, and `@v`, which holds zips (`go help module-cache`; `cmd/go`, modfetch/cache.go).
fn is_of_module_cache(folder: &str) -> bool {
    folder == "@v"
        || folder.rsplit_once("@v").is_some_and(|(_, version)| version.starts_with(|c: char| c.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_tell_what_is_other_peoples() {
        for (path, others) in [
            ("dist/app", false),
            ("testdata/app", true),
            ("src/vendor/x/y/CHANGELOG.md", true),
            ("web/node_modules/@esbuild/linux-x64/bin/esbuild", true),
            ("mod/golang.org/x/text@v0.3.7/README.md", true),
            ("mod/cache/download/golang.org/x/text/@v/v0.3.7.zip", true),
            ("dist/app.tar.gz!app/testdata/x", true),
            ("dist/app.tar.gz!vendor/x", true),
            ("dist/app.tar.gz!./app", false),
            // The name of a file or an archive is none of a folder.
            ("dist/vendor", false),
            ("dist/testdata!x", false),
            ("dist/app@v1.2.3.tar.gz!app", false),
            ("user@host/app", false),
            (".bin/app", false),
            ("_output/bin/app", false),
        ] {
            assert_eq!(is_others(path), others, "{path}");
        }
    }
}
