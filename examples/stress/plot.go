package main

import (
	"fmt"
	"image/color"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// The plot of -plot: the waiting time over time.

// slots is into how many parts the time is cut.
const slots = 80

// plotName is the file of one scenario's plot.
func plotName(opts *options, s scenario) string {
	if len(opts.scenarios) == 1 {
		return opts.plot
	}
	ext := filepath.Ext(opts.plot)
	return strings.TrimSuffix(opts.plot, ext) + "-" + s.name + ext
}

// plotTo draws the waiting time over time, one panel for each pool, both with the
// same axes.
func plotTo(path string, r result) error {
	panels := make([]*plot.Plot, 0, len(r.summaries))
	var last, most float64
	for _, s := range r.summaries {
		p, err := panel(s)
		if err != nil {
			return err
		}
		panels = append(panels, p)
		last, most = max(last, p.X.Max), max(most, p.Y.Max)
	}
	if len(panels) == 0 {
		return nil
	}
	for _, p := range panels {
		p.X.Min, p.Y.Min, p.X.Max, p.Y.Max = 0, 0, last, most*1.3 // room for the legend
	}
	panels[0].Y.Label.Text = "waited for a connection, ms"
	return save(path, panels)
}

func save(path string, panels []*plot.Plot) error {
	canvas := vgsvg.New(vg.Points(float64(40+380*len(panels))), vg.Points(280))
	dc := draw.New(canvas)
	dc.SetColor(color.White) // also on a dark page
	dc.Fill(dc.Rectangle.Path())
	tiles := draw.Tiles{
		Rows: 1, Cols: len(panels), PadX: vg.Points(16),
		PadTop: vg.Points(6), PadRight: vg.Points(10), PadBottom: vg.Points(4), PadLeft: vg.Points(4),
	}
	for i, c := range plot.Align([][]*plot.Plot{panels}, tiles, dc)[0] {
		panels[i].Draw(c)
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if _, err := canvas.WriteTo(f); err != nil {
		_ = f.Close()
		return err
	}
	return f.Close()
}

var (
	dark  = color.RGBA{R: 0x1f, G: 0x77, B: 0xb4, A: 0xff}
	light = color.RGBA{R: 0xb5, G: 0xd3, B: 0xe8, A: 0xff}
)

// panel draws one pool: from the shortest to the longest wait as an area, the
// median as a line.
func panel(s summary) (*plot.Plot, error) {
	p := plot.New()
	p.Title.Text = fmt.Sprintf("%s: median %s, longest %s", s.subject, brief(s.acquire.p50), brief(s.acquire.max))
	p.X.Label.Text = "seconds since the beginning"
	for _, f := range []*font.Font{
		&p.Title.TextStyle.Font, &p.X.Label.TextStyle.Font, &p.Y.Label.TextStyle.Font,
		&p.X.Tick.Label.Font, &p.Y.Tick.Label.Font, &p.Legend.TextStyle.Font,
	} {
		f.Variant = "Sans"
	}
	p.Title.Padding = vg.Points(6)
	p.Add(plotter.NewGrid())
	shortest, median, longest := overTime(s.samples)
	if len(median) == 0 {
		return p, nil
	}
	slices.Reverse(shortest)
	area, err := plotter.NewPolygon(append(longest, shortest...))
	if err != nil {
		return nil, err
	}
	area.Color, area.LineStyle.Color, area.LineStyle.Width = light, light, vg.Points(1)
	line, err := plotter.NewLine(median)
	if err != nil {
		return nil, err
	}
	line.Color, line.Width = dark, vg.Points(2)
	p.Add(area, line)
	p.Legend.Add("shortest to longest", area)
	p.Legend.Add("median", line)
	p.Legend.Top = true
	return p, nil
}

// overTime cuts the time into slots and finds the shortest, median and longest
// wait of those who got their connection in each.
func overTime(samples []sample) (shortest, median, longest plotter.XYs) {
	var end time.Duration
	for _, s := range samples {
		end = max(end, s.at)
	}
	var waits [slots][]time.Duration
	for _, s := range samples {
		i := min(int(slots*s.at/(end+1)), slots-1)
		waits[i] = append(waits[i], s.acquire)
	}
	for i, w := range waits {
		if len(w) == 0 {
			continue
		}
		slices.Sort(w)
		at := (float64(i) + 0.5) / slots * end.Seconds()
		point := func(d time.Duration) plotter.XY { return plotter.XY{X: at, Y: d.Seconds() * 1e3} }
		shortest = append(shortest, point(w[0]))
		median = append(median, point(w[len(w)/2]))
		longest = append(longest, point(w[len(w)-1]))
	}
	return shortest, median, longest
}
