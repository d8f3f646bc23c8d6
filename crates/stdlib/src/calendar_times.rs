//! Times as days and hours: `time.localtime`, `time.strftime` and the like.

use crate::structs;
use selvedge_interp::object::float::{self, Float};
use selvedge_interp::object::module::Module;
use selvedge_interp::object::native::NativeDef;
use selvedge_interp::object::str::Str;
use selvedge_interp::object::tuple::Tuple;
use selvedge_interp::object::{downcast, exception, int, singletons};
use selvedge_interp::{PyResult, Ref, Thread, Value, import_module, operations};
use std::ffi::{CStr, CString};

const FIELDS: [&str; 9] = [
    "tm_year", "tm_mon", "tm_mday", "tm_hour", "tm_min", "tm_sec", "tm_wday", "tm_yday", "tm_isdst",
];
const HIDDEN: [&str; 2] = ["tm_zone", "tm_gmtoff"];

pub(crate) static FUNCTIONS: &[NativeDef] = &[
    NativeDef::function("asctime", |thread, args| {
        let given = args.between(thread, "asctime", 0, 1)?;
        let time = broken_down(thread, given.first().copied())?;
        Ok(Str::new(&shown(&time)))
    }),
    NativeDef::function("ctime", |thread, args| {
        let given = args.between(thread, "ctime", 0, 1)?;
        let seconds = seconds(thread, given.first().copied())?;
        let time = local(seconds);
        Ok(Str::new(&shown(&time)))
    }),
    NativeDef::function("gmtime", |thread, args| {
        let given = args.between(thread, "gmtime", 0, 1)?;
        let seconds = seconds(thread, given.first().copied())?;
        // SAFETY: all zero is a value of the type, and the call fills it.
        let time = unsafe {
            let mut time: libc::tm = std::mem::zeroed();
            libc::gmtime_r(&raw const seconds, &raw mut time);
            time
        };
        struct_time(thread, &time)
    }),
    NativeDef::function("localtime", |thread, args| {
        let given = args.between(thread, "localtime", 0, 1)?;
        let seconds = seconds(thread, given.first().copied())?;
        struct_time(thread, &local(seconds))
    }),
    NativeDef::function("mktime", |thread, args| {
        let [given] = args.exactly(thread, "mktime")?;
        let mut time = broken_down(thread, Some(given))?;
        // SAFETY: a time of the library's own type.
        let seconds = unsafe { libc::mktime(&raw mut time) };
        Ok(Float::from_f64(seconds as f64))
    }),
    NativeDef::function("strftime", |thread, args| {
        let given = args.between(thread, "strftime", 1, 2)?;
        let format = operations::text(thread, given[0], "strftime() argument 1")?;
        let time = broken_down(thread, given.get(1).copied())?;
        formatted(thread, &format, &time)
    }),
    NativeDef::function("strptime", |thread, args| {
        let module = import_module(thread, "_strptime")?;
        let function = operations::get_attr_named(thread, *module, "_strptime_time")?;
        operations::call(thread, *function, args)
    }),
    NativeDef::function("tzset", |_, _| Ok(singletons::none())),
];

/// Puts the class and the zone into the module.
pub(crate) fn fill(thread: &mut Thread, module: &Module) -> PyResult<()> {
    let class = structs::class(thread, "time", "struct_time", &FIELDS, &HIDDEN)?;
    module.set(thread, "struct_time", class);
    // Midwinter and midsummer of a year: one of them is without summer time.
    let halves = [1_736_899_200, 1_752_537_600].map(local);
    let (winter, summer) = if halves[0].tm_gmtoff <= halves[1].tm_gmtoff {
        (&halves[0], &halves[1])
    } else {
        (&halves[1], &halves[0])
    };
    let differs = winter.tm_gmtoff != summer.tm_gmtoff;
    module.set(thread, "timezone", int::from_i64(-winter.tm_gmtoff));
    module.set(thread, "altzone", int::from_i64(-summer.tm_gmtoff));
    module.set(thread, "daylight", int::from_i64(i64::from(differs)));
    let names = [winter, summer].map(|time| Str::new(&zone(time)));
    module.set(thread, "tzname", Tuple::from_refs(Vec::from(names)));
    Ok(())
}

fn zone(time: &libc::tm) -> String {
    if time.tm_zone.is_null() {
        return "UTC".into();
    }
    // SAFETY: the library keeps the names of zones for good.
    let name = unsafe { CStr::from_ptr(time.tm_zone) };
    name.to_string_lossy().into_owned()
}

fn local(seconds: i64) -> libc::tm {
    // SAFETY: all zero is a value of the type, and the call fills it.
    unsafe {
        let mut time: libc::tm = std::mem::zeroed();
        libc::localtime_r(&raw const seconds, &raw mut time);
        time
    }
}

/// The seconds that an argument says, or that it is now.
fn seconds(thread: &mut Thread, given: Option<Value>) -> PyResult<i64> {
    match given.filter(|given| !singletons::is_none(*given)) {
        Some(given) if int::to_i64(given).is_some() => operations::index(thread, given),
        Some(given) => {
            let seconds = float::require(thread, given)?.floor();
            if seconds.is_nan() {
                return Err(thread.value_error("Invalid value NaN (not a number)"));
            }
            if seconds.abs() > 1e15 {
                let text = "timestamp out of range for platform time_t";
                return Err(thread.raise_text(&exception::OVERFLOW_ERROR, text));
            }
            Ok(seconds as i64)
        }
        None => Ok(crate::clocks::since_epoch().as_secs() as i64),
    }
}

fn struct_time(thread: &mut Thread, time: &libc::tm) -> PyResult {
    let key = thread.interpreter().intern("time");
    let Some(module) = thread.interpreter().modules().get_name(*key) else {
        return Err(thread.raise_text(&exception::RUNTIME_ERROR, "the module time is gone"));
    };
    let class = operations::get_attr_named(thread, *module, "struct_time")?;
    let parts = [
        time.tm_year + 1900,
        time.tm_mon + 1,
        time.tm_mday,
        time.tm_hour,
        time.tm_min,
        time.tm_sec,
        (time.tm_wday + 6) % 7,
        time.tm_yday + 1,
        time.tm_isdst,
    ];
    let mut items: Vec<Ref> = parts
        .iter()
        .map(|part| Ref::small(i64::from(*part)))
        .collect();
    items.push(Str::new(&zone(time)));
    items.push(int::from_i64(time.tm_gmtoff));
    structs::instance(thread, &class, items)
}

/// The time that nine numbers say, or that it is now.
fn broken_down(thread: &mut Thread, given: Option<Value>) -> PyResult<libc::tm> {
    let Some(given) = given.filter(|given| !singletons::is_none(*given)) else {
        return Ok(local(crate::clocks::since_epoch().as_secs() as i64));
    };
    if downcast::<Tuple>(&given).is_none() {
        return Err(thread.type_error("Tuple or struct_time argument required"));
    }
    let items = operations::collect(thread, given)?;
    if items.len() != FIELDS.len() {
        return Err(thread.type_error("function takes exactly 9 arguments"));
    }
    let mut parts = [0; 9];
    for (part, item) in parts.iter_mut().zip(&items) {
        *part = operations::index(thread, **item)? as i32;
    }
    let [
        year,
        month,
        day,
        hour,
        minute,
        second,
        weekday,
        yearday,
        summer,
    ] = parts;
    // 0 stands for the first.
    let (month, day, yearday) = (month.max(1) - 1, day.max(1), yearday.max(1) - 1);
    for (fits, what) in [
        ((0..12).contains(&month), "month"),
        ((1..=31).contains(&day), "day of month"),
        ((0..24).contains(&hour), "hour"),
        ((0..60).contains(&minute), "minute"),
        ((0..=61).contains(&second), "seconds"),
        ((0..=365).contains(&yearday), "day of year"),
    ] {
        if !fits {
            return Err(thread.value_error(format!("{what} out of range")));
        }
    }
    let mut time = local(0);
    time.tm_year = year - 1900;
    time.tm_mon = month;
    time.tm_mday = day;
    time.tm_hour = hour;
    time.tm_min = minute;
    time.tm_sec = second;
    time.tm_wday = (weekday + 1).rem_euclid(7);
    time.tm_yday = yearday;
    time.tm_isdst = summer.clamp(-1, 1);
    Ok(time)
}

/// A time as `asctime` shows it.
fn shown(time: &libc::tm) -> String {
    const DAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    format!(
        "{} {}{:3} {:02}:{:02}:{:02} {}",
        DAYS[time.tm_wday as usize % 7],
        MONTHS[time.tm_mon as usize % 12],
        time.tm_mday,
        time.tm_hour,
        time.tm_min,
        time.tm_sec,
        time.tm_year + 1900
    )
}

fn formatted(thread: &mut Thread, format: &str, time: &libc::tm) -> PyResult {
    // What the format makes is empty if it does not fit: a mark tells that apart.
    let Ok(text) = CString::new(format!("{format}!")) else {
        return Err(thread.value_error("embedded null character"));
    };
    let mut out = vec![0_u8; 256];
    loop {
        // SAFETY: the buffer is as long as said, and the format ends in a zero.
        let len = unsafe {
            libc::strftime(
                out.as_mut_ptr().cast(),
                out.len(),
                text.as_ptr(),
                core::ptr::from_ref(time),
            )
        };
        if len > 0 {
            let made = String::from_utf8_lossy(&out[..len - 1]).into_owned();
            return Ok(Str::new(&made));
        }
        let longer = out.len() * 2;
        out.resize(longer, 0);
    }
}
