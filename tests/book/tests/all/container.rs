//! The container for readers on other systems has what the chapters' commands need, and is what its page says.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use book::book::ROOT;
use book::console::PROGRAMS;
use serde_json::Value;

const DEVCONTAINER: &str = ".devcontainer/devcontainer.json";
const CONTAINERFILE: &str = "lessons/container/Containerfile";

fn read(path: &str) -> Result<String> {
    fs::read_to_string(Path::new(ROOT).join(path)).with_context(|| format!("cannot read {path}"))
}

#[test]
fn it_has_what_the_commands_of_the_chapters_need() -> Result<()> {
    let text = read(CONTAINERFILE)?;
    let words: Vec<_> = text.split_whitespace().collect();
    let package = |program| if matches!(program, "pgrep" | "ps") { "procps" } else { program };
    for package in PROGRAMS.map(package).into_iter().chain(["gcc", "git", "libpython3-dev", "patch", "python3-venv"]) {
        ensure!(words.contains(&package), "{CONTAINERFILE} installs no {package}");
    }
    let version = read("Cargo.toml")?;
    let version = version.lines().find_map(|line| line.strip_prefix("rust-version = ")).context("a rust-version")?;
    ensure!(
        text.contains(&format!("rust:{}-", version.trim_matches('"'))),
        "{CONTAINERFILE} has another Rust than {version}"
    );
    Ok(())
}

#[test]
fn an_editor_makes_the_container_of_the_page() -> Result<()> {
    let editor: Value = serde_json::from_str(&read(DEVCONTAINER)?)?;
    let file = editor["build"]["dockerfile"].as_str().context("no build.dockerfile")?;
    ensure!(
        Path::new(ROOT).join(".devcontainer").join(file).canonicalize()?
            == Path::new(ROOT).join(CONTAINERFILE).canonicalize()?
    );
    let page = read("lessons/container.md")?;
    for option in ["securityOpt", "capAdd"].into_iter().filter_map(|name| editor[name].as_array()).flatten() {
        let option = option.as_str().context("a text")?;
        ensure!(page.contains(option), "lessons/container.md has no {option}");
    }
    for port in editor["forwardPorts"].as_array().context("no forwardPorts")? {
        ensure!(page.contains(&format!("-p 127.0.0.1:{port}:{port}")), "lessons/container.md publishes no {port}");
    }
    ensure!(editor["init"] == true && page.contains("--init"));
    let user = editor["remoteUser"].as_str().context("no remoteUser")?;
    ensure!(read(CONTAINERFILE)?.contains(&format!("USER {user}")), "{CONTAINERFILE} has no user {user}");
    Ok(())
}
