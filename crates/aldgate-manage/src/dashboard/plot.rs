//! Plots as SVG, drawn by a library in the colours of the design system.
//!
//! One series for each plot, with its numbers beside it as a table: nothing is told by colour
//! alone. The library writes colours as numbers; they are exchanged for the stylesheet's names, so
//! a plot follows the reader's scheme, and nothing is styled inline.

use plotters::prelude::*;

/// Stands for `--accent` until the colours are exchanged.
const BAR: RGBColor = RGBColor(1, 1, 1);
/// Stands for `--line`.
const GRID: RGBColor = RGBColor(2, 2, 2);
/// Stands for `--soft`.
const TEXT: RGBColor = RGBColor(3, 3, 3);

const NAMES: [(&str, &str); 3] = [
    ("#010101", "var(--accent)"),
    ("#020202", "var(--line)"),
    ("#030303", "var(--soft)"),
];

/// Width and height of the picture; on the page it is as wide as its place.
const SIZE: (u32, u32) = (480, 180);

/// Bars over days; `label` says what they are to those who do not see them. `None` when the
/// library cannot draw them.
pub(super) fn bars(label: &str, days: &[(String, u64)]) -> Option<String> {
    let mut svg = String::new();
    if let Err(error) = draw(&mut svg, days) {
        tracing::error!(error = error.to_string(), "a plot could not be drawn");
        return None;
    }
    for (number, name) in NAMES {
        svg = svg.replace(number, name);
    }
    // The library's head says how large it is; ours also what it is.
    let body = svg.split_once('>').map_or("", |(_, body)| body);
    let (width, height) = SIZE;
    let label = minijinja::HtmlEscape(label);
    Some(format!(
        "<svg viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{label}\">{body}"
    ))
}

type Fault = Box<dyn std::error::Error>;

fn draw(svg: &mut String, days: &[(String, u64)]) -> Result<(), Fault> {
    let root = SVGBackend::with_string(svg, SIZE).into_drawing_area();
    let count = i32::try_from(days.len())?;
    let highest = days.iter().map(|(_, value)| *value).max().unwrap_or(0);
    let top = nice(highest);
    let mut chart = ChartBuilder::on(&root)
        .margin(6)
        .x_label_area_size(24)
        .y_label_area_size(40)
        .build_cartesian_2d((0..count).into_segmented(), 0..top)?;
    let text = ("sans-serif", 17).into_font().color(&TEXT);
    let name = |value: &SegmentValue<i32>| match value {
        SegmentValue::CenterOf(index) => usize::try_from(*index)
            .ok()
            .and_then(|index| days.get(index))
            .map_or(String::new(), |(day, _)| day.clone()),
        _ => String::new(),
    };
    chart
        .configure_mesh()
        .disable_x_mesh()
        .bold_line_style(GRID)
        .light_line_style(TRANSPARENT)
        .axis_style(GRID)
        .label_style(text)
        .x_labels(7)
        .y_labels(4)
        .x_label_formatter(&name)
        .draw()?;
    let bars = (0..count).zip(days.iter().map(|(_, value)| *value));
    chart.draw_series(
        Histogram::vertical(&chart)
            .style(BAR.filled())
            .margin(4)
            .data(bars),
    )?;
    root.present()?;
    drop(chart);
    Ok(())
}

/// A round number not below `highest`, so that the axis has whole labels.
fn nice(highest: u64) -> u64 {
    let mut step = 1;
    loop {
        for factor in [4, 10, 20] {
            if step * factor >= highest {
                return step * factor;
            }
        }
        step *= 10;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plot_names_itself_and_has_no_style_of_its_own() {
        let days: Vec<(String, u64)> = (1..=14)
            .map(|day| (format!("11-{day:02}"), day * 3))
            .collect();
        let svg = bars("Logins \"per\" day", &days).expect("drawn");
        assert!(svg.starts_with("<svg viewBox=") && svg.trim_end().ends_with("</svg>"));
        assert!(
            svg.contains("aria-label=\"Logins &quot;per&quot; day\""),
            "{svg}"
        );
        assert!(svg.contains("var(--accent)") && !svg.contains("#010101"));
        assert!(!svg.contains("style="), "{svg}");
        assert!(bars("Nothing", &[("a".to_owned(), 0)]).is_some());
    }

    #[test]
    fn the_axis_ends_at_a_round_number() {
        for (highest, top) in [(0, 4), (4, 4), (5, 10), (11, 20), (21, 40), (1234, 2000)] {
            assert_eq!(nice(highest), top, "{highest}");
        }
    }
}
