namespace Sparrow.Compression.Evaluation.Reports.Html;

/// <summary>The page's style sheet. It holds no character that XML would want escaped.</summary>
internal static class PageStyle
{
    /// <summary>Colours of series, told apart in both schemes and without red against green; more series than colours begin anew.</summary>
    public const int SeriesColors = 8;

    public const string Sheet =
        """

        :root { color-scheme: light dark; --ground: #fff; --text: #1b1f24; --dim: #5d6673; --line: #d8dde3; --shade: #f4f6f8; --warn: #fff4d6;
          --s0: #2a6fbb; --s1: #c2570c; --s2: #138a7e; --s3: #9b3fb0; --s4: #7a7a00; --s5: #c0356b; --s6: #55606e; --s7: #4b3fb5; }
        @media (prefers-color-scheme: dark) { :root { --ground: #14171b; --text: #e4e8ec; --dim: #98a2ae; --line: #343b44; --shade: #1d2228; --warn: #3a2f10;
          --s0: #6fb1f5; --s1: #f0a05a; --s2: #4fd0c0; --s3: #d794e8; --s4: #d0cf55; --s5: #f58bb2; --s6: #b4bfcc; --s7: #a9a0ff; } }
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--ground); color: var(--text); font: 15px/1.5 system-ui, sans-serif; }
        main { max-width: 960px; margin: 0 auto; padding: 24px 16px 64px; }
        h1 { font-size: 24px; overflow-wrap: anywhere; }
        h2 { font-size: 18px; margin-top: 32px; }
        dl { display: flex; flex-wrap: wrap; gap: 8px 24px; margin: 0; }
        dl div { display: flex; gap: 8px; }
        dt { color: var(--dim); }
        dd { margin: 0; overflow-wrap: anywhere; }
        .wide { overflow-x: auto; }
        table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
        th, td { padding: 4px 12px 4px 0; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; }
        th:first-child, td:first-child { text-align: left; }
        tr th { font-weight: 600; }
        td + td { padding-left: 12px; }
        pre { background: var(--shade); padding: 12px; overflow-x: auto; border-radius: 6px; }
        .warnings { background: var(--warn); padding: 4px 16px; margin-top: 24px; border-radius: 6px; }
        .warnings h2 { margin-top: 8px; }
        .warnings li { overflow-wrap: anywhere; }
        svg { width: 100%; height: auto; }
        svg text { fill: var(--dim); font: 11px system-ui, sans-serif; }
        .grid { stroke: var(--line); stroke-width: 1; }
        .series { fill: none; stroke-width: 1.5; }
        .legend { display: flex; flex-wrap: wrap; gap: 4px 16px; color: var(--dim); font-size: 13px; }
        .legend i { display: inline-block; width: 10px; height: 10px; border-radius: 5px; margin-right: 6px; }
        summary { cursor: pointer; margin: 16px 0; }
        .c0 { stroke: var(--s0); fill: var(--s0); background: var(--s0); } .c1 { stroke: var(--s1); fill: var(--s1); background: var(--s1); }
        .c2 { stroke: var(--s2); fill: var(--s2); background: var(--s2); } .c3 { stroke: var(--s3); fill: var(--s3); background: var(--s3); }
        .c4 { stroke: var(--s4); fill: var(--s4); background: var(--s4); } .c5 { stroke: var(--s5); fill: var(--s5); background: var(--s5); }
        .c6 { stroke: var(--s6); fill: var(--s6); background: var(--s6); } .c7 { stroke: var(--s7); fill: var(--s7); background: var(--s7); }
        polyline.series { fill: none; }

        """;
}
