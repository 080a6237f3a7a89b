//! The pages of this repository in a real browser: headless Chromium, driven over WebDriver.
//!
//! `browser` starts chromedriver and a Chromium for one test, with `suite`'s own server guard, so that neither outlives
//! the test. `looks` tells whether a page fits and can be read, for which `colour` computes contrasts.
//! - The page of `site`, the observatory: `versions` builds the servers that have it, `page` reads what it shows.
//! - The book: `site` builds it.
//!
//! A test waits for what it expects to see, and never for a time.

pub mod browser;
pub mod colour;
pub mod looks;
pub mod page;
pub mod site;
pub mod versions;
