//! (to be written)

#[derive(clap::Args)]
pub struct Arguments {}

pub fn run(_: &Arguments) -> anyhow::Result<bool> {
    anyhow::bail!("to be written")
}
