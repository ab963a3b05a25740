//! The seven statutory holidays that a table of hours can name.

/// A statutory holiday.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Festival {
    /// 元旦
    NewYear,
    /// 春节
    Spring,
    /// 清明节
    Qingming,
    /// 劳动节
    Labour,
    /// 端午节
    DragonBoat,
    /// 中秋节
    MidAutumn,
    /// 国庆节
    National,
}

impl Festival {
    /// All holidays, in the order of the year.
    pub const ALL: [Self; 7] = [
        Self::NewYear,
        Self::Spring,
        Self::Qingming,
        Self::Labour,
        Self::DragonBoat,
        Self::MidAutumn,
        Self::National,
    ];

    /// The name of the holiday in the notice of the State Council.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NewYear => "元旦",
            Self::Spring => "春节",
            Self::Qingming => "清明节",
            Self::Labour => "劳动节",
            Self::DragonBoat => "端午节",
            Self::MidAutumn => "中秋节",
            Self::National => "国庆节",
        }
    }

    /// The parts of a name that identify the holiday. Older notices say “五一” and “十一”.
    const fn marks(self) -> &'static [&'static str] {
        match self {
            Self::NewYear => &["元旦"],
            Self::Spring => &["春节"],
            Self::Qingming => &["清明"],
            Self::Labour => &["劳动", "五一"],
            Self::DragonBoat => &["端午"],
            Self::MidAutumn => &["中秋"],
            Self::National => &["国庆", "十一"],
        }
    }

    /// The holiday that a word of a table names, with or without 节.
    pub(super) fn named(word: &str) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find(|festival| {
            let name = festival.name();
            word == name || Some(word) == name.strip_suffix('节') || festival.marks().contains(&word)
        })
    }

    /// The holidays in the name of a day in a notice, such as 国庆节、中秋节, in their order.
    pub(super) fn all_in(name: &str) -> Vec<Self> {
        let place = |festival: Self| festival.marks().iter().filter_map(|mark| name.find(mark)).min();
        let mut found: Vec<(usize, Self)> =
            Self::ALL.into_iter().filter_map(|festival| Some((place(festival)?, festival))).collect();
        found.sort();
        found.into_iter().map(|(_, festival)| festival).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Festival::*;
    use super::*;

    #[test]
    fn a_holiday_is_known_by_its_names_in_tables_and_notices() {
        assert_eq!(Festival::named("清明"), Some(Qingming));
        assert_eq!(Festival::named("五一"), Some(Labour));
        assert_eq!(Festival::named("节"), None);
        assert_eq!(Festival::all_in("中秋节、国庆节"), [MidAutumn, National]);
        assert_eq!(Festival::all_in("国庆节、中秋节"), [National, MidAutumn]);
        assert_eq!(Festival::all_in("“五一”国际劳动节"), [Labour]);
        assert_eq!(Festival::all_in("中国人民抗日战争暨世界反法西斯战争胜利70周年纪念日"), []);
        for festival in Festival::ALL {
            assert_eq!(Festival::named(festival.name()), Some(festival));
            assert_eq!(Festival::all_in(festival.name()), [festival]);
        }
    }
}
