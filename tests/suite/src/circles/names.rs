//! Which names each file of a package uses, and which file has them.
//!
//! The files are read as tokens, not as items: so a path counts wherever it is, also inside a macro.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::slice;

use anyhow::{Context, Result, anyhow};
use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// The segments of a path. As a module's name, those below the root of the package.
type Segments = Vec<String>;

/// How many imports in a row are followed for one name; only imports in a circle have more.
const MOST_IMPORTS: usize = 16;

/// All files of a package, by module.
pub(super) struct Names(BTreeMap<Segments, File>);

#[derive(Default)]
struct File {
    /// What each imported name means, as written.
    imports: BTreeMap<String, Segments>,
    /// The paths that the file names, as written.
    paths: Vec<Segments>,
    /// The paths of `pub use`.
    passed_on: Vec<Segments>,
}

/// A path in another file that a file names.
pub(super) struct Tie {
    pub(super) from: String,
    pub(super) to: String,
    /// From `crate` on, to where the name really is.
    pub(super) path: String,
}

impl Names {
    pub(super) fn read(folder: &Path) -> Result<Self> {
        let mut names = Self(BTreeMap::new());
        names.read_folder(folder, &[])?;
        Ok(names)
    }

    /// Reads the files in `folder`, whose module is `parent`, without their unit tests.
    fn read_folder(&mut self, folder: &Path, parent: &[String]) -> Result<()> {
        for entry in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
            let path = entry?.path();
            let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let below = [parent, slice::from_ref(&stem)].concat();
            if stem == "tests" {
                continue;
            } else if path.is_dir() {
                self.read_folder(&path, &below)?;
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let module = if stem == "mod" || below == ["main"] { parent.to_vec() } else { below };
                let name = path.display();
                let text = fs::read_to_string(&path).with_context(|| format!("cannot read {name}"))?;
                let text = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
                let tokens = text.parse().map_err(|error| anyhow!("{name}: {error}"))?;
                self.0.entry(module).or_default().read(tokens);
            }
        }
        Ok(())
    }

    /// All paths that lead from one file into another.
    pub(super) fn ties(&self) -> Vec<Tie> {
        let mut ties = Vec::new();
        for (module, file) in &self.0 {
            let mut add = |path: &Segments, passes_on: bool| {
                let Some((target, rest)) = self.find(module, path) else { return };
                // A room that passes on the names of its own files doesn't need them itself.
                if target != *module && !(passes_on && target.starts_with(module)) {
                    let path = join(&[target.as_slice(), &rest].concat(), true);
                    ties.push(Tie { from: join(module, false), to: join(&target, false), path });
                }
            };
            file.paths.iter().for_each(|path| add(path, false));
            file.passed_on.iter().for_each(|path| add(path, true));
        }
        ties
    }

    /// The file that has what `module` calls `path`, and how it is called there. None: it is not in this package.
    fn find(&self, module: &[String], path: &[String]) -> Option<(Segments, Segments)> {
        let (mut module, mut path) = (module.to_vec(), path.to_vec());
        let mut is_from_root = false;
        for _ in 0..MOST_IMPORTS {
            // Where the path begins.
            while let Some(first) = path.first() {
                match first.as_str() {
                    "crate" => module.clear(),
                    "self" => {}
                    "super" => drop(module.pop()),
                    _ => break,
                }
                is_from_root = true;
                path.remove(0);
            }
            // Down to the file.
            while let Some(first) = path.first() {
                let below = [module.as_slice(), slice::from_ref(first)].concat();
                if !self.0.contains_key(&below) && !self.0.keys().any(|other| other.starts_with(&below)) {
                    break;
                }
                module = below;
                is_from_root = true;
                path.remove(0);
            }
            // The name there may be an import of that file.
            let import = path.first().and_then(|first| self.0.get(&module)?.imports.get(first));
            let Some(import) = import.filter(|import| **import != path[..import.len().min(path.len())]) else {
                return is_from_root.then_some((module, path));
            };
            path = [import.as_slice(), &path[1..]].concat();
            is_from_root = false;
        }
        None
    }
}

impl File {
    fn read(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut rest = tokens.as_slice();
        let mut before: &[TokenTree] = &[];
        while let [first, others @ ..] = rest {
            let read = match first {
                TokenTree::Ident(ident)
                    if ident == "use" && !others.first().is_some_and(|next| is_punct(next, '<')) =>
                {
                    let end = others.iter().position(|token| is_punct(token, ';')).unwrap_or(others.len());
                    self.read_use(&others[..end], &[], is_visible(before));
                    end + 1
                }
                TokenTree::Ident(_) if !ends_with_colons(before) => self.read_path(rest),
                TokenTree::Group(group) if !is_visible(&tokens[..=before.len()]) => {
                    self.read(group.stream());
                    1
                }
                _ => 1,
            };
            before = &tokens[..tokens.len() - rest.len() + read];
            rest = &tokens[before.len()..];
        }
    }

    /// Reads the path at the start of `tokens`; says how many tokens it has.
    fn read_path(&mut self, tokens: &[TokenTree]) -> usize {
        let (path, count) = path_of(tokens);
        if path.len() > 1 {
            self.paths.push(path);
        }
        count
    }

    /// Reads what follows `use`, or an element of a list there, after the path `above`.
    fn read_use(&mut self, tokens: &[TokenTree], above: &[String], is_visible: bool) {
        let (path, count) = path_of(tokens);
        let mut path = [above, &path].concat();
        let rest = &tokens[count..];
        if let Some(TokenTree::Group(list)) = rest.iter().find(|token| !is_punct(token, ':')) {
            let list: Vec<_> = list.stream().into_iter().collect();
            for element in list.split(|token| is_punct(token, ',')).filter(|element| !element.is_empty()) {
                self.read_use(element, &path, is_visible);
            }
            return;
        }
        if path.len() > 1 && path.last().is_some_and(|last| last == "self") {
            path.pop(); // `use crate::log::{self}`
        }
        let alias = match rest {
            [TokenTree::Ident(word), TokenTree::Ident(alias)] if word == "as" => Some(alias.to_string()),
            _ => None,
        };
        if !rest.iter().any(|token| is_punct(token, '*'))
            && let Some(name) = alias.or_else(|| path.last().cloned())
        {
            self.imports.insert(name, path.clone());
        }
        let paths = if is_visible { &mut self.passed_on } else { &mut self.paths };
        paths.push(path);
    }
}

/// The path at the start of `tokens`, and how many tokens it has.
fn path_of(tokens: &[TokenTree]) -> (Segments, usize) {
    let mut path = Vec::new();
    let mut count = 0;
    while let Some(TokenTree::Ident(segment)) = tokens.get(count) {
        path.push(segment.to_string());
        count += 1;
        match &tokens[count..] {
            [one, two, TokenTree::Ident(_), ..] if is_punct(one, ':') && is_punct(two, ':') => count += 2,
            _ => break,
        }
    }
    (path, count)
}

fn is_punct(token: &TokenTree, sign: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == sign)
}

fn ends_with_colons(tokens: &[TokenTree]) -> bool {
    matches!(tokens, [.., one, two] if is_punct(one, ':') && is_punct(two, ':'))
}

/// Whether tokens end with `pub` or with `pub(…)`.
fn is_visible(tokens: &[TokenTree]) -> bool {
    match tokens {
        [.., TokenTree::Ident(word), TokenTree::Group(group)] => {
            word == "pub" && group.delimiter() == Delimiter::Parenthesis
        }
        [.., TokenTree::Ident(word)] => word == "pub",
        _ => false,
    }
}

fn join(module: &[String], from_root: bool) -> String {
    let root = if from_root || module.is_empty() { &["crate".to_owned()][..] } else { &[] };
    [root, module].concat().join("::")
}
