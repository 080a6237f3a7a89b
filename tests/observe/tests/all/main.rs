//! All tests of the observatory in one program: while some wait, others run.

mod costs;
mod syscalls;
mod timeline;
mod wsgi;
