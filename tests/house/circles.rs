//! Which file of a crate imports which, and the circles among them. A circle is a set of files of which none can be
//! understood, moved or tested without all others.
//!
//! What a file names counts: a path in a `use`, or one in the code that begins with `crate`, `super`, `self` or a child
//! module. A re-export is followed to the file that defines the name. Unit tests do not count, and neither does a file
//! that only declares its children.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use syn::visit::{self, Visit};
use syn::{Attribute, Item, ItemMod, ItemUse, UseTree, Visibility};

/// The path of a module below its crate: `["call", "menu"]`.
type Module = Vec<String>;

/// What one file says.
#[derive(Default)]
struct Source {
    /// Every path it names, as it is written.
    paths: Vec<Vec<String>>,
    /// What a name that stands for another path stands for, as it is written.
    names: BTreeMap<String, Vec<String>>,
    /// The names among these that other files can see.
    exported: BTreeSet<String>,
}

impl<'ast> Visit<'ast> for Source {
    fn visit_item(&mut self, item: &'ast Item) {
        if !is_test(attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_mod(&mut self, module: &'ast ItemMod) {
        if module.content.is_some() && !is_test(&module.attrs) {
            visit::visit_item_mod(self, module);
        }
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        let is_exported = !matches!(item.vis, Visibility::Inherited);
        self.take_in(&item.tree, &mut Vec::new(), is_exported);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        self.paths.push(path.segments.iter().map(|segment| segment.ident.to_string()).collect());
        visit::visit_path(self, path);
    }

    /// What stands in a macro call is no syntax yet: the paths in it are taken from its tokens.
    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        let text = call.tokens.to_string().replace(" :: ", "::").replace(":: ", "::").replace(" ::", "::");
        let words = text.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':'));
        let paths = words.map(|word| word.trim_matches(':')).filter(|word| word.contains("::"));
        self.paths.extend(paths.map(|path| path.split("::").map(str::to_owned).collect::<Vec<_>>()));
        visit::visit_macro(self, call);
    }

    fn visit_visibility(&mut self, _: &'ast Visibility) {}
}

impl Source {
    fn take_in(&mut self, tree: &UseTree, before: &mut Vec<String>, is_exported: bool) {
        match tree {
            UseTree::Path(path) => {
                before.push(path.ident.to_string());
                self.take_in(&path.tree, before, is_exported);
                before.pop();
            }
            UseTree::Group(group) => {
                group.items.iter().for_each(|tree| self.take_in(tree, before, is_exported));
            }
            UseTree::Name(name) => {
                self.name(name.ident.to_string(), name.ident.to_string(), before, is_exported)
            }
            UseTree::Rename(name) => {
                self.name(name.ident.to_string(), name.rename.to_string(), before, is_exported);
            }
            UseTree::Glob(_) => self.paths.push(before.clone()),
        }
    }

    fn name(&mut self, last: String, known_as: String, before: &[String], is_exported: bool) {
        let path: Vec<String> = before.iter().cloned().chain((last != "self").then_some(last)).collect();
        let known_as = if known_as == "self" { before.last().cloned().unwrap_or_default() } else { known_as };
        self.paths.push(path.clone());
        if is_exported {
            self.exported.insert(known_as.clone());
        }
        self.names.insert(known_as, path);
    }
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute.parse_args::<syn::Path>().is_ok_and(|path| path.is_ident("test"))
    })
}

/// The files of a crate, by module.
pub struct Crate(BTreeMap<Module, Source>);

impl Crate {
    /// Reads the files below this folder; those of other crates below it, and those for which `leaves_out` is true, are
    /// none of it.
    pub fn read(root: &Path, leaves_out: impl Fn(&Path) -> bool) -> Self {
        let mut files = Vec::new();
        walk(root, &mut files);
        let mut sources = BTreeMap::new();
        for file in files.iter().filter(|file| !leaves_out(file)) {
            let text = fs::read_to_string(file).unwrap();
            let syntax = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
            let mut source = Source::default();
            source.visit_file(&syntax);
            sources.insert(module_of(root, file), source);
        }
        Self(sources)
    }

    /// The circles: the modules of each, in order.
    pub fn circles(&self) -> Vec<Vec<String>> {
        let imports: BTreeMap<&Module, BTreeSet<&Module>> =
            self.0.keys().map(|module| (module, self.imports(module))).collect();
        let reached: BTreeMap<&Module, BTreeSet<&Module>> =
            imports.keys().map(|module| (*module, reach(module, &imports))).collect();
        let mut circles: BTreeSet<Vec<String>> = BTreeSet::new();
        for (module, reaches) in reached.iter().filter(|(module, reaches)| reaches.contains(**module)) {
            let circle = reaches.iter().filter(|other| reached[**other].contains(*module));
            circles.insert(circle.map(|module| module.join("::")).collect());
        }
        circles.into_iter().collect()
    }

    /// The modules of which a module names something.
    fn imports(&self, module: &Module) -> BTreeSet<&Module> {
        let found = self.0[module].paths.iter().filter_map(|path| self.defined_in(module, path, 0));
        found.filter(|found| *found != module).collect()
    }

    /// The module that defines what a path names, as far as that is one of this crate.
    fn defined_in(&self, from: &Module, path: &[String], depth: usize) -> Option<&Module> {
        const RE_EXPORTS_MAX: usize = 8;
        let (first, rest) = path.split_first()?;
        let absolute: Vec<String> = match first.as_str() {
            "crate" => rest.to_vec(),
            "self" => from.iter().chain(rest).cloned().collect(),
            "super" => {
                let ups = path.iter().take_while(|part| *part == "super").count();
                let kept = from.len().checked_sub(ups)?;
                from[..kept].iter().chain(&path[ups..]).cloned().collect()
            }
            child if self.0.contains_key(&child_of(from, child)) => {
                from.iter().chain(path).cloned().collect()
            }
            name if depth < RE_EXPORTS_MAX => {
                let known = self.0[from].names.get(name).filter(|known| known[0] != *name)?;
                let whole: Vec<String> = known.iter().chain(rest).cloned().collect();
                return self.defined_in(from, &whole, depth + 1);
            }
            _ => return None,
        };
        let deepest = (0..=absolute.len()).rev().map(|length| absolute[..length].to_vec());
        let (module, source) = deepest.into_iter().find_map(|module| self.0.get_key_value(&module))?;
        let Some(name) = absolute.get(module.len()).filter(|name| source.exported.contains(*name)) else {
            return Some(module);
        };
        let again: Vec<String> =
            source.names[name].iter().chain(&absolute[module.len() + 1..]).cloned().collect();
        let further = (depth < RE_EXPORTS_MAX).then(|| self.defined_in(module, &again, depth + 1)).flatten();
        further.or(Some(module))
    }
}

fn child_of(module: &Module, child: &str) -> Module {
    module.iter().cloned().chain([child.to_owned()]).collect()
}

fn reach<'m>(from: &'m Module, imports: &BTreeMap<&'m Module, BTreeSet<&'m Module>>) -> BTreeSet<&'m Module> {
    let mut reached = BTreeSet::new();
    let mut open = vec![from];
    while let Some(module) = open.pop() {
        for next in &imports[module] {
            if reached.insert(*next) {
                open.push(next);
            }
        }
    }
    reached
}

/// The Rust files below a folder.
pub fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

fn module_of(root: &Path, file: &Path) -> Module {
    let inside = file.strip_prefix(root).unwrap().with_extension("");
    let mut parts: Module = inside.iter().map(|part| part.to_str().unwrap().to_owned()).collect();
    if matches!(parts.last().map(String::as_str), Some("mod" | "lib")) {
        parts.pop();
    }
    parts
}
