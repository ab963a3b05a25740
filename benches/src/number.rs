//! Reading a number, placing it, and finding it in lists of up to 100,000 entries, each beside another way.
//!
//! Numbers are picked at random from a set so large that tables are as cold as they would be. The Rust crate
//! `phonenumber` reads and validates numbers of all countries and places none; a hash set asked once for each
//! length is what one writes without a structure for beginnings.

use hotlined_core::number::{Number, NumberRegions, Prefixes, normalise};
use std::alloc::{GlobalAlloc, Layout, System};
use std::collections::HashSet;
use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// Counts what is asked of the allocator.
struct Counting;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);
static BYTES: AtomicU64 = AtomicU64::new(0);

// SAFETY: every call goes to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        BYTES.fetch_add(layout.size() as u64, Ordering::Relaxed);
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        BYTES.fetch_sub(layout.size() as u64, Ordering::Relaxed);
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const NUMBERS: usize = 200_000;
/// How many are timed together: so few that a busy machine seldom interrupts them.
const BLOCK: usize = 500;
const ROUNDS: usize = 5;
const SIZES: [usize; 3] = [100, 10_000, 100_000];

fn main() {
    let mut chance = Chance(7);
    let texts: Vec<String> = (0..NUMBERS).map(|_| chance.delivered()).collect();
    let numbers: Vec<Number> = texts.iter().map(|text| normalise(text, None)).collect();

    let started = Instant::now();
    let before = BYTES.load(Ordering::Relaxed);
    let atlas = black_box(NumberRegions::built_in().clone());
    let bytes = BYTES.load(Ordering::Relaxed) - before;
    println!("the table of places: {:.1?} to unpack, {bytes} bytes", started.elapsed());

    println!("{NUMBERS} numbers, median of blocks of {BLOCK}, {ROUNDS} rounds");
    println!("{:<44}  {:>8}  {:>8}  {:>16}", "", "ns each", "ratio", "allocations each");
    let ours = row("normalise", None, &texts, |text| normalise(text, None));
    row("  phonenumber::parse", Some(ours), &texts, |text| {
        phonenumber::parse(Some(phonenumber::country::CN), text).ok()
    });
    row("locate", None, &numbers, |number| atlas.locate(number));
    for size in SIZES {
        in_a_list(size, &mut chance, &numbers);
    }
}

fn in_a_list(size: usize, chance: &mut Chance, numbers: &[Number]) {
    // Whole numbers for the most part, some of them those of callers, and beginnings.
    let entries: Vec<String> = (0..size)
        .map(|at| match at % 10 {
            0 => format!("{}*", &chance.mobile()[..7]),
            1 => chance.listed(numbers),
            _ => chance.mobile(),
        })
        .collect();
    let started = Instant::now();
    let before = BYTES.load(Ordering::Relaxed);
    let list = Prefixes::parse(entries.iter().map(String::as_str), None).expect("entries of our own");
    let bytes = (BYTES.load(Ordering::Relaxed) - before) / list.len() as u64;
    let reading = started.elapsed();
    let set: HashSet<&str> = entries.iter().map(String::as_str).collect();
    let hashed = |number: &Number| {
        let digits = number.digits();
        let mut beginning = String::with_capacity(digits.len() + 1);
        set.get(digits).or_else(|| {
            (1..=digits.len()).rev().find_map(|length| {
                beginning.clear();
                beginning.push_str(&digits[..length]);
                beginning.push('*');
                set.get(beginning.as_str())
            })
        })
    };
    let found = numbers.iter().filter(|number| list.contains(number)).count();
    assert_eq!(found, numbers.iter().filter(|number| hashed(number).is_some()).count());
    let name = format!("Prefixes::find, {size} entries");
    let ours = row(&name, None, numbers, |number| list.find(number));
    row("  a hash set, asked for each length", Some(ours), numbers, hashed);
    println!("  {found} found; read in {reading:.1?}, {bytes} bytes an entry");
}

/// Times one way over all of them, and gives back its nanoseconds each.
fn row<'i, I, O>(name: &str, beside: Option<f64>, all: &'i [I], one: impl Fn(&'i I) -> O) -> f64 {
    let allocations = ALLOCATIONS.load(Ordering::Relaxed);
    let mut blocks = Vec::with_capacity(ROUNDS * all.len() / BLOCK);
    for block in std::iter::repeat_n(all, ROUNDS).flat_map(|all| all.chunks_exact(BLOCK)) {
        let started = Instant::now();
        for item in block {
            black_box(one(black_box(item)));
        }
        blocks.push(started.elapsed().as_nanos() as f64 / BLOCK as f64);
    }
    let allocations = ALLOCATIONS.load(Ordering::Relaxed) - allocations;
    blocks.sort_by(f64::total_cmp);
    let median = blocks[blocks.len() / 2];
    let ratio = beside.map_or("-".into(), |ours| format!("{:.1}", median / ours));
    let each = allocations as f64 / (ROUNDS * all.len()) as f64;
    println!("{name:<44}  {median:>8.1}  {ratio:>8}  {each:>16.2}");
    median
}

/// Numbers that are the same in each run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end
    }

    fn mobile(&mut self) -> String {
        let segments = ["130", "135", "138", "139", "150", "158", "173", "177", "186", "189", "198", "170"];
        format!("{}{:08}", segments[self.below(segments.len())], self.below(100_000_000))
    }

    /// The number of one of the callers; a withheld one is none.
    fn listed(&mut self, numbers: &[Number]) -> String {
        let digits = numbers[self.below(numbers.len())].digits();
        if digits.is_empty() { self.mobile() } else { digits.to_owned() }
    }

    /// In one of the forms that carriers deliver: most callers are mobiles.
    fn delivered(&mut self) -> String {
        let mobile = self.mobile();
        match self.below(20) {
            0..8 => mobile,
            8..11 => format!("0{mobile}"),
            11..14 => format!("+86{mobile}"),
            14 => format!("0086{mobile}"),
            15 => format!("17951{mobile}"),
            16 => format!("021{}", 50_000_000 + self.below(20_000_000)),
            17 => format!("755{}", 20_000_000 + self.below(60_000_000)),
            18 => format!("+852{}", 20_000_000 + self.below(70_000_000)),
            _ => "anonymous".into(),
        }
    }
}
