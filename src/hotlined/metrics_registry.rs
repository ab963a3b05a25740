//! The metrics of the process, rendered in the text format of Prometheus, version 0.0.4.
//!
//! Only the metrics that [`ALL`] lists are kept, and only with the labels listed there. Counting is one atomic
//! addition; a scrape delays no thread that counts.

use ::metrics::{
    Counter, Gauge, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder, SharedString, Unit,
};
use hotlined_instance::metrics::{ALL, Metric, MetricKind};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

/// The content type of the metrics page.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The most series, over all label values. Further series are not kept.
const SERIES_MAX: usize = 2_000;

/// All metrics of a daemon.
#[derive(Debug, Default)]
pub struct Registry {
    /// By the index of the meter in [`ALL`], then by the rendered labels.
    series: Mutex<BTreeMap<(usize, String), Series>>,
}

#[derive(Clone, Debug)]
enum Series {
    Counter(Arc<AtomicU64>),
    /// The bits of an `f64`.
    Gauge(Arc<AtomicU64>),
    Histogram(Arc<HistogramBuckets>),
}

/// The registry of this process. The first call installs it as the recorder of the `metrics` crate: handles that are
/// created earlier do not count.
pub fn global() -> &'static Arc<Registry> {
    static REGISTRY: OnceLock<Arc<Registry>> = OnceLock::new();
    REGISTRY.get_or_init(|| {
        let registry = Arc::new(Registry::default());
        // A program that embeds this crate may have installed a recorder of its own: then this registry stays empty.
        let _ = metrics::set_global_recorder(registry.clone());
        registry
    })
}

impl Registry {
    /// The metrics page: every series with its present value.
    pub fn render(&self) -> String {
        let mut page = String::new();
        let Ok(series) = self.series.lock() else { return page };
        let mut last = None;
        for ((place, labels), series) in &*series {
            let meter = &ALL[*place];
            if last != Some(place) {
                last = Some(place);
                write_header(&mut page, meter);
            }
            series.render(&mut page, meter.name, labels);
        }
        page
    }

    /// Sets an info metric: the series with these label values is 1, and every other series of the meter is removed.
    pub fn set_info(&self, meter: &Metric, values: &[&str]) {
        let Some(place) = meter_index(meter.name) else { return };
        let shown = label_text(meter.labels.iter().copied().zip(values.iter().copied()));
        let Ok(mut series) = self.series.lock() else { return };
        series.retain(|(at, labels), _| *at != place || *labels == shown);
        let one = || Series::Gauge(Arc::new(AtomicU64::new(1_f64.to_bits())));
        series.entry((place, shown)).or_insert_with(one);
    }

    /// The series of this key, if [`ALL`] lists the metric.
    fn find_or_create(&self, key: &Key) -> Option<Series> {
        let place = meter_index(key.name())?;
        let named = |(label, name): (&metrics::Label, &&str)| label.key() == *name;
        let meter = &ALL[place];
        let fits = key.labels().len() == meter.labels.len() && key.labels().zip(meter.labels).all(named);
        let labels = label_text(key.labels().map(|label| (label.key(), label.value())));
        let mut series = self.series.lock().ok()?;
        let room = series.len() < SERIES_MAX || series.contains_key(&(place, labels.clone()));
        (fits && room)
            .then(|| series.entry((place, labels)).or_insert_with(|| Series::of(meter.kind)).clone())
    }
}

fn meter_index(name: &str) -> Option<usize> {
    ALL.iter().position(|meter| meter.name == name)
}

/// `stage="talk",why="full"`.
fn label_text<'a>(labels: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let escaped = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    labels.map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect::<Vec<_>>().join(",")
}

// Writing into a `String` cannot fail.
fn write_header(page: &mut String, meter: &Metric) {
    let kind = match meter.kind {
        MetricKind::Counter => "counter",
        MetricKind::Gauge => "gauge",
        MetricKind::Histogram(_) => "histogram",
    };
    let _ = writeln!(page, "# HELP {0} {1}\n# TYPE {0} {kind}", meter.name, meter.help);
}

impl Series {
    fn of(kind: MetricKind) -> Self {
        match kind {
            MetricKind::Counter => Self::Counter(Arc::default()),
            MetricKind::Gauge => Self::Gauge(Arc::default()),
            MetricKind::Histogram(bounds) => Self::Histogram(Arc::new(HistogramBuckets::new(bounds))),
        }
    }

    fn render(&self, page: &mut String, name: &str, labels: &str) {
        let braced = if labels.is_empty() { String::new() } else { format!("{{{labels}}}") };
        match self {
            Self::Counter(count) => {
                let _ = writeln!(page, "{name}{braced} {}", count.load(Ordering::Relaxed));
            }
            Self::Gauge(bits) => {
                let _ = writeln!(page, "{name}{braced} {}", f64::from_bits(bits.load(Ordering::Relaxed)));
            }
            Self::Histogram(buckets) => {
                let before = if labels.is_empty() { String::new() } else { format!("{labels},") };
                let mut count = 0;
                let bounds = buckets.bounds.iter().map(f64::to_string).chain(["+Inf".to_owned()]);
                for (bound, bucket) in bounds.zip(&buckets.counts) {
                    count += bucket.load(Ordering::Relaxed);
                    let _ = writeln!(page, "{name}_bucket{{{before}le=\"{bound}\"}} {count}");
                }
                let sum = buckets.sum_ns.load(Ordering::Relaxed) as f64 / 1e9;
                let _ = writeln!(page, "{name}_sum{braced} {sum}\n{name}_count{braced} {count}");
            }
        }
    }
}

/// A histogram of values in seconds.
#[derive(Debug)]
struct HistogramBuckets {
    bounds: &'static [f64],
    /// One more count than bounds: the last counts the values above all bounds.
    counts: Vec<AtomicU64>,
    sum_ns: AtomicU64,
}

impl HistogramBuckets {
    fn new(bounds: &'static [f64]) -> Self {
        let counts = (0..=bounds.len()).map(|_| AtomicU64::new(0)).collect();
        Self { bounds, counts, sum_ns: AtomicU64::new(0) }
    }
}

impl HistogramFn for HistogramBuckets {
    fn record(&self, seconds: f64) {
        let bucket = self.bounds.partition_point(|bound| *bound < seconds);
        if let Some(count) = self.counts.get(bucket) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        // No duration is negative; a value that is too large saturates.
        self.sum_ns.fetch_add((seconds * 1e9) as u64, Ordering::Relaxed);
    }
}

/// A handle of another kind than its metric does nothing.
impl Recorder for Registry {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        match self.find_or_create(key) {
            Some(Series::Counter(count)) => Counter::from_arc(count),
            Some(Series::Gauge(_) | Series::Histogram(_)) | None => Counter::noop(),
        }
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        match self.find_or_create(key) {
            Some(Series::Gauge(bits)) => Gauge::from_arc(bits),
            Some(Series::Counter(_) | Series::Histogram(_)) | None => Gauge::noop(),
        }
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        match self.find_or_create(key) {
            Some(Series::Histogram(buckets)) => Histogram::from_arc(buckets),
            Some(Series::Counter(_) | Series::Gauge(_)) | None => Histogram::noop(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hotlined_instance::metrics::{ATTEMPTS, CALL_WAIT, CALLS, CALLS_TAKEN, NUMBERS};

    #[test]
    fn figures_are_shown_in_order_with_help_and_type_before_them() {
        let registry = Registry::default();
        metrics::with_local_recorder(&registry, || {
            ATTEMPTS.counter(&["busy"]).increment(2);
            CALLS_TAKEN.counter(&[]).increment(1);
            CALLS.gauge(&["talk"]).increment(3.0);
            CALLS.gauge(&["talk"]).decrement(1.0);
            // The same series, asked for again.
            ATTEMPTS.counter(&["busy"]).increment(1);
        });
        let page = registry.render();
        let samples: Vec<_> = page.lines().filter(|line| !line.starts_with('#')).collect();
        let expected = [
            "hotlined_calls{stage=\"talk\"} 2",
            "hotlined_calls_taken_total 1",
            "hotlined_attempts_total{outcome=\"busy\"} 3",
        ];
        assert_eq!(samples, expected);
        assert!(page.starts_with("# HELP hotlined_calls Calls that are live now, by the stage they are in.\n# TYPE hotlined_calls gauge\n"), "{page}");
    }

    #[test]
    fn a_histogram_counts_up_to_each_bound_and_what_is_on_it() {
        let registry = Registry::default();
        metrics::with_local_recorder(&registry, || {
            let waits = CALL_WAIT.histogram(&[]);
            [0.0, 2.0, 2.5, 700.0].iter().for_each(|wait| waits.record(*wait));
        });
        let page = registry.render();
        for line in [
            "hotlined_call_wait_seconds_bucket{le=\"2\"} 2",
            "hotlined_call_wait_seconds_bucket{le=\"5\"} 3",
            "hotlined_call_wait_seconds_bucket{le=\"600\"} 3",
            "hotlined_call_wait_seconds_bucket{le=\"+Inf\"} 4",
            "hotlined_call_wait_seconds_sum 704.5",
            "hotlined_call_wait_seconds_count 4",
        ] {
            assert!(page.lines().any(|shown| shown == line), "{line}:\n{page}");
        }
    }

    #[test]
    fn a_label_is_escaped_and_an_info_has_one_value_at_a_time() {
        let registry = Registry::default();
        registry.set_info(&NUMBERS, &["old"]);
        registry.set_info(&NUMBERS, &["a\"b\\c\nd"]);
        let page = registry.render();
        assert_eq!(page.lines().last(), Some(r#"hotlined_numbers_info{fingerprint="a\"b\\c\nd"} 1"#));
        assert!(!page.contains("old"), "{page}");
    }

    #[test]
    fn what_nobody_named_or_too_much_of_it_is_not_kept() {
        let registry = Registry::default();
        metrics::with_local_recorder(&registry, || {
            metrics::counter!("stranger").increment(1);
            metrics::counter!(ATTEMPTS.name, "hotline" => "4008001234").increment(1);
            ATTEMPTS.gauge(&["busy"]).set(1.0);
            (0..2 * SERIES_MAX).for_each(|n| CALLS.gauge(&[&n.to_string()]).set(1.0));
        });
        let page = registry.render();
        assert!(!page.contains("stranger") && !page.contains("4008001234"));
        assert!(page.lines().count() <= SERIES_MAX + 4);
    }
}
