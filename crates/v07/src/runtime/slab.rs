//! A slab: a list with holes. A value keeps its key until it is removed; then the key is given to another value.

pub(super) struct Slab<T> {
    entries: Vec<Option<T>>,
    vacant: Vec<u32>,
}

impl<T> Slab<T> {
    pub(super) const fn new() -> Slab<T> {
        Slab { entries: Vec::new(), vacant: Vec::new() }
    }

    /// The key that the next value gets.
    pub(super) fn next_key(&self) -> u32 {
        self.vacant.last().copied().unwrap_or(self.entries.len() as u32)
    }

    pub(super) fn insert(&mut self, value: T) {
        match self.vacant.pop() {
            Some(key) => self.entries[key as usize] = Some(value),
            None => self.entries.push(Some(value)),
        }
    }

    pub(super) fn get_mut(&mut self, key: u32) -> Option<&mut T> {
        self.entries.get_mut(key as usize)?.as_mut()
    }

    pub(super) fn remove(&mut self, key: u32) -> Option<T> {
        let value = self.entries.get_mut(key as usize)?.take()?;
        self.vacant.push(key);
        Some(value)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.entries.iter().flatten()
    }
}
