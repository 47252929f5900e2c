package report

import (
	"fmt"
	"image/color"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"

	"github.com/surrealsql/surrealsql/benchmarks/internal/measure"
)

// Charts of bars and of lines.

var colors = map[measure.Role]color.Color{
	measure.Subject:  color.RGBA{R: 0x1f, G: 0x77, B: 0xb4, A: 0xff},
	measure.Floor:    color.RGBA{R: 0x9e, G: 0x9e, B: 0x9e, A: 0xff},
	measure.Limit:    color.RGBA{R: 0xc7, G: 0xc7, B: 0xc7, A: 0xff},
	measure.SDK:      color.RGBA{R: 0xd6, G: 0x4f, B: 0x2a, A: 0xff},
	measure.Relative: color.RGBA{R: 0x8c, G: 0x6b, B: 0xb1, A: 0xff},
}

// Bar is one bar of a chart.
type Bar struct {
	Label string
	Value float64
	Text  string // at the bar's end
	Role  measure.Role
}

// Bars draws a chart of horizontal bars, from the top down, into an SVG file.
func Bars(path, title, axis string, bars []Bar) error {
	p := newPlot(title)
	p.X.Label.Text = axis
	p.X.Min = 0
	labels := make([]string, len(bars))
	var texts plotter.XYLabels
	for i, b := range slices.Backward(bars) {
		at := len(bars) - 1 - i
		labels[at] = "   " + b.Label + strings.Repeat(" ", 2+len(b.Label)/8) // none is cut off where the font is wider
		bar, err := plotter.NewBarChart(plotter.Values{b.Value}, vg.Points(14))
		if err != nil {
			return err
		}
		bar.Horizontal = true
		bar.XMin = float64(at)
		bar.Color = colors[b.Role]
		bar.LineStyle.Width = 0
		p.Add(bar)
		texts.XYs = append(texts.XYs, plotter.XY{X: b.Value, Y: float64(at)})
		texts.Labels = append(texts.Labels, " "+b.Text)
	}
	ends, err := plotter.NewLabels(texts)
	if err != nil {
		return err
	}
	for i := range ends.TextStyle {
		ends.TextStyle[i].YAlign = -0.4
		ends.TextStyle[i].Font.Variant = "Sans"
		ends.TextStyle[i].Font.Size = vg.Points(9)
	}
	p.Add(ends)
	p.NominalY(labels...)
	p.X.Max *= 1.35 // room for the texts
	p.X.Tick.Marker = plot.TickerFunc(wholeTicks)
	return p.Save(vg.Points(640), vg.Points(float64(70+24*len(bars))), path)
}

// Line is one line of a chart.
type Line struct {
	Label  string
	Points plotter.XYs
	Role   measure.Role
	Dashed bool
}

// Lines draws lines over a logarithmic axis into an SVG file.
func Lines(path, title, x, y string, lines []Line) error {
	p := newPlot(title)
	p.X.Label.Text, p.Y.Label.Text = x, y
	p.X.Scale, p.Y.Min = plot.LogScale{}, 0
	var ticks []plot.Tick
	for _, l := range lines {
		line, points, err := plotter.NewLinePoints(l.Points)
		if err != nil {
			return err
		}
		line.Color, points.Color = colors[l.Role], colors[l.Role]
		line.Width = vg.Points(2)
		if l.Dashed {
			line.Dashes = []vg.Length{vg.Points(4), vg.Points(3)}
		}
		p.Add(line, points)
		p.Legend.Add(l.Label, line, points)
		if len(ticks) == 0 { // all lines have the same points
			for _, at := range l.Points {
				ticks = append(ticks, plot.Tick{Value: at.X, Label: fmt.Sprint(at.X)})
			}
		}
	}
	p.X.Tick.Marker = plot.ConstantTicks(ticks)
	p.Y.Tick.Marker = plot.TickerFunc(wholeTicks)
	p.Y.Max *= 1.5 // room for the legend
	p.Legend.Top = true
	return p.Save(vg.Points(640), vg.Points(320), path)
}

// wholeTicks are the usual ones, without decimals.
func wholeTicks(low, high float64) []plot.Tick {
	ticks := plot.DefaultTicks{}.Ticks(low, high)
	for i, t := range ticks {
		if t.Label != "" {
			ticks[i].Label = fmt.Sprintf("%g", t.Value)
		}
	}
	return ticks
}

func newPlot(title string) *plot.Plot {
	p := plot.New()
	p.BackgroundColor = color.White // also on a dark page
	p.Title.Text = title
	for _, f := range []*font.Font{
		&p.Title.TextStyle.Font, &p.X.Label.TextStyle.Font, &p.Y.Label.TextStyle.Font,
		&p.X.Tick.Label.Font, &p.Y.Tick.Label.Font, &p.Legend.TextStyle.Font,
	} {
		f.Variant = "Sans"
	}
	p.Title.TextStyle.Font.Size = vg.Points(12)
	p.Title.Padding = vg.Points(6)
	return p
}
