//! The book's site, built by mdBook into a folder of the test's own. A browser opens it as files: that is how a reader
//! does who has no network.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use suite::cargo::ROOT;

use anyhow::{Context, Result, bail, ensure};
use tempfile::TempDir;

/// Where `.ci/site` puts what it fetches.
const TOOLS: &str = "target/tools";

/// The addresses that lead on to the first page.
const LEAD_ON: [&str; 2] = ["README.html", "SUMMARY.html"];

/// The list of the pages, for browsers that run no scripts.
const LIST: &str = "toc.html";

/// A built site. Dropping it removes it.
pub struct Site {
    folder: TempDir,
}

impl Site {
    /// Builds the site, with what draws its pictures, and the sources that it links to. A warning of mdBook is an error.
    pub fn build() -> Result<Site> {
        let site = Site::build_without_pictures()?;
        let file = Path::new(ROOT).join(TOOLS).join("mermaid.min.js");
        fs::copy(&file, site.file("site/mermaid.min.js"))
            .with_context(|| format!("there is no {}. Run .ci/site, which fetches it", file.display()))?;
        let copied = Command::new(Path::new(ROOT).join(".ci/sources")).arg(site.folder.path()).status();
        ensure!(copied.context("cannot start .ci/sources")?.success(), ".ci/sources has failed");
        Ok(site)
    }

    /// Builds the site as `mdbook build` alone does it.
    pub fn build_without_pictures() -> Result<Site> {
        // Its path has no link in it, so that it is the same in the addresses that the browser gives back.
        let folder = tempfile::tempdir_in(env::temp_dir().canonicalize()?).context("no folder for the site")?;
        let mut mdbook = Command::new(mdbook()?);
        mdbook.args(["build", "lessons", "--dest-dir"]).arg(folder.path()).current_dir(ROOT);
        let built = mdbook.output().context("cannot start mdbook")?;
        let said = String::from_utf8_lossy(&built.stderr) + String::from_utf8_lossy(&built.stdout);
        let complaint = said.lines().find(|line| line.contains("WARN") || line.contains("ERROR"));
        ensure!(built.status.success() && complaint.is_none(), "mdbook complains:\n{said}");
        Ok(Site { folder })
    }

    /// The pages that a reader opens, such as `v01.html` and `observed/costs.html`, in the order of their names.
    pub fn pages(&self) -> Result<Vec<String>> {
        let mut pages = Vec::new();
        let mut folders = vec![self.folder.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder)? {
                let path = entry?.path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|extension| extension == "html") {
                    pages.push(path.strip_prefix(self.folder.path())?.display().to_string());
                }
            }
        }
        pages.retain(|page| page != LIST && !LEAD_ON.contains(&page.as_str()));
        pages.sort();
        Ok(pages)
    }

    /// Where a file of the site is.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The address of a file of the site.
    pub fn address(&self, name: &str) -> String {
        format!("file://{}", self.file(name).display())
    }

    /// The file of the site that an address leads to, and the place in it. Nothing for an address of the web.
    pub fn place(&self, address: &str) -> Result<Option<(String, Option<String>)>> {
        let Some(path) = address.strip_prefix("file://") else { return Ok(None) };
        let (path, place) = path.split_once('#').map_or((path, None), |(path, place)| (path, Some(place.to_owned())));
        let file = Path::new(path).strip_prefix(self.folder.path());
        let file = file.with_context(|| format!("{address} leads out of the site"))?.display().to_string();
        let file = if LEAD_ON.contains(&file.as_str()) { "index.html".to_owned() } else { file };
        Ok(Some((file, place)))
    }
}

/// mdBook as `.ci/site` installs it, or else the one in PATH.
fn mdbook() -> Result<PathBuf> {
    let installed = Path::new(ROOT).join(TOOLS).join("bin/mdbook");
    let path = env::var_os("PATH").unwrap_or_default();
    let mut files = [installed].into_iter().chain(env::split_paths(&path).map(|folder| folder.join("mdbook")));
    match files.find(|file| file.is_file()) {
        Some(file) => Ok(file),
        None => bail!("there is no mdbook. Run .ci/site, which installs it below {TOOLS}"),
    }
}
