//! The terminal: one screen that is drawn again and again, and keys one at a time. Without a terminal the lines are printed as they
//! come.

use std::env;
use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use anyhow::Result;
use crossterm::event::{self, Event, KeyCode, KeyEventKind, KeyModifiers};
use crossterm::style::{Attribute, SetAttribute};
use crossterm::terminal::{self, ClearType, EnterAlternateScreen, LeaveAlternateScreen};
use crossterm::{cursor, execute, queue};

/// A screen as long as this lives. Dropping it brings the terminal back as it was.
pub struct Screen {
    with_colours: bool,
}

/// A key that was pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    Letter(char),
    Quit,
    /// The size of the terminal has changed.
    Redraw,
}

/// Whether both ends are a terminal, so that a screen can be had.
pub fn is_there() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal() && env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// Whether colours are wanted (no-color.org).
pub fn with_colours() -> bool {
    io::stdout().is_terminal() && env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

impl Screen {
    /// # Errors
    ///
    /// The terminal can't be set up.
    pub fn open() -> Result<Screen> {
        terminal::enable_raw_mode()?;
        let screen = Screen { with_colours: with_colours() };
        execute!(io::stdout(), EnterAlternateScreen, cursor::Hide)?;
        Ok(screen)
    }

    /// Draws these lines, the first of them bold, and the keys in the last line of the terminal.
    ///
    /// # Errors
    ///
    /// The terminal can't be written to.
    pub fn draw(&self, lines: &[String], keys: &str) -> Result<()> {
        let (width, height) = terminal::size().unwrap_or((80, 24));
        let mut out = io::stdout().lock();
        queue!(out, terminal::Clear(ClearType::All), cursor::MoveTo(0, 0))?;
        let rows = usize::from(height).saturating_sub(2);
        let mut shown: Vec<_> = lines.iter().flat_map(|line| fold(line, usize::from(width))).collect();
        if shown.len() > rows {
            shown.truncate(rows.saturating_sub(1));
            shown.push("…".to_owned());
        }
        for (at, line) in shown.iter().enumerate() {
            if at == 0 && self.with_colours {
                queue!(out, SetAttribute(Attribute::Bold))?;
            }
            write!(out, "{line}")?;
            if self.with_colours {
                queue!(out, SetAttribute(Attribute::Reset))?;
            }
            write!(out, "\r\n")?;
        }
        queue!(out, cursor::MoveTo(0, height.saturating_sub(1)))?;
        let keys: String = keys.chars().take(usize::from(width).saturating_sub(1)).collect();
        write!(out, "{keys}")?;
        out.flush()?;
        Ok(())
    }

    /// The next key, if one comes within this time.
    ///
    /// # Errors
    ///
    /// The terminal can't be read from.
    pub fn key(&self, patience: Duration) -> Result<Option<Key>> {
        if !event::poll(patience)? {
            return Ok(None);
        }
        Ok(match event::read()? {
            Event::Key(key) if key.kind == KeyEventKind::Press => match key.code {
                KeyCode::Char('c' | 'd') if key.modifiers.contains(KeyModifiers::CONTROL) => Some(Key::Quit),
                KeyCode::Char(letter) => Some(Key::Letter(letter)),
                KeyCode::Enter | KeyCode::Esc => Some(Key::Letter(' ')),
                _ => None,
            },
            Event::Resize(..) => Some(Key::Redraw),
            _ => None,
        })
    }

    /// Runs something at the terminal as it was before the screen was opened, and waits for a key after it.
    ///
    /// # Errors
    ///
    /// The terminal can't be changed.
    pub fn aside(&self, run: impl FnOnce()) -> Result<()> {
        execute!(io::stdout(), LeaveAlternateScreen, cursor::Show)?;
        terminal::disable_raw_mode()?;
        run();
        print!("\nPress Enter to go back.");
        io::stdout().flush()?;
        let _ = io::stdin().read_line(&mut String::new());
        terminal::enable_raw_mode()?;
        execute!(io::stdout(), EnterAlternateScreen, cursor::Hide)?;
        Ok(())
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = execute!(io::stdout(), LeaveAlternateScreen, cursor::Show);
        let _ = terminal::disable_raw_mode();
    }
}

/// A line as lines that fit, broken after a space where there is one. Escape sequences take no room.
fn fold(line: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let (mut column, mut space, mut is_escape) = (0, None, false);
    for letter in line.chars() {
        let last = lines.len() - 1;
        is_escape |= letter == '\u{1b}';
        if column == width && !is_escape && width > 0 {
            let rest = space.map(|at| lines[last].split_off(at)).unwrap_or_default();
            (column, space) = (rest.chars().filter(|letter| !letter.is_control()).count(), None);
            lines.push(rest);
        }
        if let Some(line) = lines.last_mut() {
            line.push(letter);
            if letter == ' ' && !line.trim().is_empty() {
                space = Some(line.len());
            }
        }
        column += usize::from(!is_escape);
        is_escape &= !letter.is_ascii_alphabetic();
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::fold;

    #[test]
    fn lines_are_broken_after_spaces_and_colours_take_no_room() {
        assert_eq!(fold("short", 10), ["short"]);
        assert_eq!(fold("Differs   a word that goes on", 17), ["Differs   a word ", "that goes on"]);
        assert_eq!(fold("0123456789abc", 10), ["0123456789", "abc"]);
        assert_eq!(fold("\u{1b}[31mred\u{1b}[0m ink", 8), ["\u{1b}[31mred\u{1b}[0m ink"]);
        assert_eq!(fold("", 10), [""]);
    }
}
