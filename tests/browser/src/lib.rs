//! The page of `site`, the observatory, in a real browser: headless Chromium, driven over WebDriver.
//!
//! `versions` builds the servers that have the page. `browser` starts chromedriver and a Chromium for one test, with
//! `suite`'s own server guard, so that neither outlives the test. `page` reads what the page shows, and `colour`
//! computes whether it can be read. A test waits for what it expects to see, and never for a time.

pub mod browser;
pub mod colour;
pub mod page;
pub mod versions;
