//! The curve as a picture: SVG text that a page can hold under a strict policy.
//!
//! Knows curves and pixels. Must not know colours: every look comes from the page's style sheet by
//! the classes `curve` (the picture), `curve-grid`, `curve-axis`, `curve-label`, `curve-band`,
//! `curve-line`, `curve-mark` and `curve-goal`; the n-th line's parts carry `curve-1`, `curve-2`…
//! too. Nothing is said by colour alone: lines are named at their ends, and the description says
//! in words what is drawn.
//!
//! Positions are whole halves of a pixel of a picture 360 wide, so that its size is bounded
//! whatever is drawn: steps that fall on one column are one step.

use std::fmt::Write as _;

use crate::survival::{Curve, Estimate};
use crate::words::{counted, percent, within};

#[cfg(test)]
mod tests;

/// The picture, in its own pixels; it scales to the width that it is given.
const WIDTH: f64 = 360.0;
const HEIGHT: f64 = 220.0;
/// The height of one row of the table of numbers.
const ROW: f64 = 16.0;
/// The plot in the picture.
const LEFT: f64 = 48.0;
const RIGHT: f64 = 348.0;
const TOP: f64 = 14.0;
const BOTTOM: f64 = 176.0;
/// How many positions a pixel has.
const GRID: f64 = 2.0;
/// The most lines that one picture can tell apart.
const MOST_LINES: usize = 4;

/// One line of a picture.
#[derive(Debug, Clone, Copy)]
pub struct Line<'d> {
    /// What is drawn: a team, or empty where it is the only one.
    pub name: &'d str,
    /// The curve, over days.
    pub curve: &'d Curve,
}

/// A picture of curves: the share that is still open, over the days since the team could know.
#[derive(Debug, Clone, Copy)]
pub struct Drawing<'d> {
    /// Begins the ids inside; unique on its page. Letters, digits and `-` are kept.
    pub id: &'d str,
    /// The title.
    pub title: &'d str,
    /// The lines; at most four are drawn.
    pub lines: &'d [Line<'d>],
    /// The last day that is drawn, at least 1.
    pub days: f64,
    /// A goal: the wanted days and the wanted share of what is mended.
    pub goal: Option<(f64, f64)>,
    /// Whether the numbers of what is watched stand below.
    pub numbers: bool,
}

impl Drawing<'_> {
    /// The picture as a whole `svg` element.
    pub fn svg(&self) -> String {
        let plot = Plot { days: if self.days >= 1.0 { self.days.min(36_500.0) } else { 1.0 } };
        let lines = self.lines.get(..MOST_LINES).unwrap_or(self.lines);
        let id: String =
            self.id.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').take(64).collect();
        let ticks = plot.ticks();
        let mut out = String::new();
        let own = |line: &Line<'_>| if line.name.is_empty() { ROW } else { 2.0 * ROW };
        let rows = if self.numbers { ROW + lines.iter().map(own).sum::<f64>() } else { 0.0 };
        let (width, height) = (Shown(WIDTH), Shown(HEIGHT + rows));
        let title = escape(self.title);
        let about = escape(&self.description(lines, &ticks));
        // Writing to a string cannot fail.
        let _ = write!(
            out,
            "<svg class=\"curve\" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} \
             {height}\" role=\"img\" aria-labelledby=\"{id}-title {id}-desc\">\n\
             <title id=\"{id}-title\">{title}</title>\n<desc id=\"{id}-desc\">{about}</desc>\n"
        );
        plot.frame(&mut out, &ticks);
        for (at, line) in lines.iter().enumerate() {
            let class = at + 1;
            let (band, path, marks) = plot.line(line.curve);
            if !band.is_empty() {
                let _ = writeln!(out, "<path class=\"curve-band curve-{class}\" d=\"{band}\"/>");
            }
            let _ = writeln!(out, "<path class=\"curve-line curve-{class}\" d=\"{path}\"/>");
            if !marks.is_empty() {
                let _ = writeln!(out, "<path class=\"curve-mark curve-{class}\" d=\"{marks}\"/>");
            }
        }
        plot.names(&mut out, lines);
        if let Some((days, share)) = self.goal {
            plot.goal(&mut out, days, share);
        }
        if self.numbers {
            plot.numbers(&mut out, lines, &ticks);
        }
        out.push_str("</svg>\n");
        out
    }

    /// What is drawn, in words.
    fn description(&self, lines: &[Line<'_>], ticks: &[u32]) -> String {
        let mut text = String::new();
        for line in lines {
            if !line.name.is_empty() {
                let _ = write!(text, "{}: ", line.name);
            }
            if line.curve.count() == 0 {
                text.push_str("nothing was found so far. ");
                continue;
            }
            let shares: Vec<String> = ticks
                .iter()
                .filter(|day| **day > 0 && f64::from(**day) <= line.curve.followed())
                .map(|day| {
                    let Estimate { share, low, high } = line.curve.left_after(f64::from(*day));
                    let (share, low, high) = (percent(share), percent(low), percent(high));
                    let days = counted(*day as usize, "day");
                    format!("after {days} {share} ({low} to {high})")
                })
                .collect();
            if shares.is_empty() {
                text.push_str("nothing was watched for long enough to say. ");
            } else {
                let _ = write!(text, "still open {}. ", shares.join(", "));
            }
        }
        if let Some((days, share)) = self.goal {
            let _ = write!(text, "The goal: {} mended within {}.", percent(share), within(days));
        }
        text.trim_end().to_owned()
    }
}

/// From days and shares to positions.
struct Plot {
    days: f64,
}

impl Plot {
    fn x(&self, day: f64) -> Shown {
        Shown(LEFT + (RIGHT - LEFT) * (day / self.days).clamp(0.0, 1.0))
    }

    fn y(share: f64) -> Shown {
        Shown(BOTTOM - (BOTTOM - TOP) * share.clamp(0.0, 1.0))
    }

    /// Round days, at most six.
    fn ticks(&self) -> Vec<u32> {
        let round = [1, 2, 7, 14, 30, 60, 90, 180, 365, 730, 1825, 3650, 7300];
        let step = round.into_iter().find(|step| f64::from(*step) * 6.0 >= self.days);
        let step = step.unwrap_or(14_600);
        (0..=6).map(|n| n * step).filter(|day| f64::from(*day) <= self.days).collect()
    }

    fn frame(&self, out: &mut String, ticks: &[u32]) {
        let (left, right, bottom) = (Shown(LEFT), Shown(RIGHT), Shown(BOTTOM));
        for quarter in 0..=4_u32 {
            let share = f64::from(quarter) / 4.0;
            let y = Self::y(share);
            let _ = writeln!(out, "<path class=\"curve-grid\" d=\"M{left} {y}H{right}\"/>");
            let (x, y) = (Shown(LEFT - 3.0), Shown(y.0 + 4.0));
            let label = percent(share);
            text(out, (x, y), "end", &label);
        }
        let _ = writeln!(out, "<path class=\"curve-axis\" d=\"M{left} {bottom}H{right}\"/>");
        for day in ticks {
            let x = self.x(f64::from(*day));
            let tick = Shown(BOTTOM + 4.0);
            let _ = writeln!(out, "<path class=\"curve-axis\" d=\"M{x} {bottom}V{tick}\"/>");
            text(out, (x, Shown(BOTTOM + 18.0)), "middle", &day.to_string());
        }
        let middle = Shown(f64::midpoint(LEFT, RIGHT));
        text(out, (middle, Shown(BOTTOM + 36.0)), "middle", "days, and the share still open");
    }

    /// The band, the line and the marks of what is still open, as paths.
    fn line(&self, curve: &Curve) -> (String, String, String) {
        let first = Column { x: self.x(0.0), left: curve.left_after(0.0), marked: false };
        let mut columns = vec![first];
        for step in curve.steps().iter().filter(|step| step.time <= self.days) {
            let (x, marked) = (self.x(step.time), step.censored > 0);
            match columns.last_mut() {
                Some(last) if last.x.position() == x.position() => {
                    *last = Column { x, left: step.left, marked: marked || last.marked };
                }
                _ => columns.push(Column { x, left: step.left, marked }),
            }
        }
        let end = self.x(curve.followed().min(self.days));
        let outline = |of: fn(&Estimate) -> f64| {
            let mut path = String::new();
            let mut before = None;
            for column in &columns {
                let y = Self::y(of(&column.left));
                match before {
                    None => {
                        let _ = write!(path, "M{} {y}", column.x);
                    }
                    Some(before) if before == y.position() => continue,
                    Some(_) => {
                        let _ = write!(path, "H{}V{y}", column.x);
                    }
                }
                before = Some(y.position());
            }
            let _ = write!(path, "H{end}");
            path
        };
        let line = outline(|left| left.share);
        let mut marks = String::new();
        for column in columns.iter().filter(|column| column.marked) {
            let y = Self::y(column.left.share);
            let _ = write!(marks, "M{} {}v6", column.x, Shown(y.0 - 3.0));
        }
        let band = if curve.count() == 0 {
            String::new()
        } else {
            format!("{}{}Z", outline(|left| left.high), Self::back(&columns, end))
        };
        (band, line, marks)
    }

    /// The lower edge of the band, from right to left.
    fn back(columns: &[Column], end: Shown) -> String {
        let mut path = String::new();
        let mut right = end;
        let mut before = None;
        for column in columns.iter().rev() {
            let y = Self::y(column.left.low);
            let _ = match before {
                None => write!(path, "V{y}"),
                Some(before) if before == y.position() => Ok(()),
                Some(_) => write!(path, "H{right}V{y}"),
            };
            before = Some(y.position());
            right = column.x;
        }
        let _ = write!(path, "H{right}");
        path
    }

    /// The names at the ends of the lines, pushed apart where they would cover each other.
    fn names(&self, out: &mut String, lines: &[Line<'_>]) {
        let mut ends: Vec<(f64, usize, &str)> = lines
            .iter()
            .enumerate()
            .filter(|(_, line)| !line.name.is_empty())
            .map(|(at, line)| (Self::y(line.curve.left_after(self.days).share).0, at, line.name))
            .collect();
        ends.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let mut lowest = TOP;
        for (y, at, name) in ends {
            let y = Shown((y - 5.0).max(lowest));
            lowest = y.0 + 14.0;
            let short: String = name.chars().take(24).collect();
            let _ = writeln!(
                out,
                "<text class=\"curve-label curve-{}\" x=\"{}\" y=\"{y}\" text-anchor=\"end\">{}\
                 </text>",
                at + 1,
                Shown(RIGHT),
                escape(&short)
            );
        }
    }

    /// A corner at the wanted day and the share that may still be open then.
    fn goal(&self, out: &mut String, days: f64, share: f64) {
        if !(0.0..=self.days).contains(&days) {
            return;
        }
        let (x, y) = (self.x(days), Self::y(1.0 - share));
        let (left, bottom) = (Shown(LEFT), Shown(BOTTOM));
        let _ = writeln!(out, "<path class=\"curve-goal\" d=\"M{left} {y}H{x}V{bottom}\"/>");
        text(out, (Shown(x.0 + 4.0), Shown(BOTTOM - 6.0)), "start", "goal");
    }

    fn numbers(&self, out: &mut String, lines: &[Line<'_>], ticks: &[u32]) {
        let mut y = HEIGHT + 10.0;
        text(out, (Shown(LEFT), Shown(y)), "start", "still watched and open before that day");
        for line in lines {
            if !line.name.is_empty() {
                y += ROW;
                let short: String = line.name.chars().take(40).collect();
                text(out, (Shown(LEFT), Shown(y)), "start", &short);
            }
            y += ROW;
            for day in ticks {
                let count = line.curve.at_risk(f64::from(*day)).to_string();
                text(out, (self.x(f64::from(*day)), Shown(y)), "middle", &count);
            }
        }
    }
}

/// What falls on one column of positions: the last of its steps.
struct Column {
    x: Shown,
    left: Estimate,
    marked: bool,
}

/// A length that is written in positions of the grid.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Shown(f64);

impl Shown {
    #[expect(clippy::cast_possible_truncation, reason = "pictures are some hundred pixels wide")]
    fn position(self) -> i32 {
        (self.0 * GRID).round() as i32
    }
}

impl std::fmt::Display for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        (f64::from(self.position()) / GRID).fmt(f)
    }
}

fn text(out: &mut String, (x, y): (Shown, Shown), anchor: &str, words: &str) {
    let words = escape(words);
    let _ = writeln!(
        out,
        "<text class=\"curve-label\" x=\"{x}\" y=\"{y}\" text-anchor=\"{anchor}\">{words}</text>"
    );
}

/// Text for an element's content. Control characters, which XML does not allow, become spaces.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push(' '),
            c => out.push(c),
        }
    }
    out
}
