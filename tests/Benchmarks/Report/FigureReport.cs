using System.Text;
using System.Text.Json.Nodes;

namespace AgentWarden.Benchmarks.Report;

/// <summary>The figures as a Markdown table for people and docs, or as JSON for programs.</summary>
internal static class FigureReport
{
    private static readonly System.Text.Json.JsonSerializerOptions Readable = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Table(IReadOnlyList<Figure> figures)
    {
        string[][] rows =
        [
            ["figure", "value", "before", "reference in the same run", "ratio", "target", "met"],
            .. figures.Select(Row),
        ];
        var widths = Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(r => r[column].Length)).ToArray();
        var text = new StringBuilder();
        for (var i = 0; i < rows.Length; i++)
        {
            text.AppendLine($"| {string.Join(" | ", rows[i].Select((cell, column) => cell.PadRight(widths[column])))} |");
            if (i == 0)
            {
                text.AppendLine($"| {string.Join(" | ", widths.Select(w => new string('-', w)))} |");
            }
        }

        foreach (var figure in figures.Where(f => f.Note is not null))
        {
            text.AppendLine().Append($"{figure.Name}: {figure.Note}");
        }

        return text.ToString();
    }

    public static string Json(IReadOnlyList<Figure> figures) => new JsonArray([.. figures.Select(f => (JsonNode)new JsonObject
    {
        ["figure"] = f.Name,
        ["value"] = f.Value,
        ["before"] = f.Before,
        ["unit"] = f.Unit,
        ["reference"] = f.Reference?.Name,
        ["referenceValue"] = f.Reference?.Value,
        ["ratio"] = f.Ratio,
        ["target"] = f.Target?.ToString(),
        ["met"] = f.Met,
        ["note"] = f.Note,
    })]).ToJsonString(Readable);

    private static string[] Row(Figure figure) =>
    [
        figure.Name,
        $"{Number(figure.Value)} {figure.Unit}",
        figure.Before is { } before ? $"{Number(before)} {figure.Unit}" : "",
        figure.Reference is { } reference ? $"{reference.Name}: {Number(reference.Value)} {figure.Unit}" : "",
        figure.Ratio is { } ratio ? $"{ratio:0.00}" : "",
        figure.Target?.ToString() ?? "",
        figure.Met switch { true => "yes", false => "no", null => "" },
    ];

    private static string Number(double value) => value >= 1000 ? value.ToString("#,0") : value >= 100 ? value.ToString("0") : value.ToString("0.0##");
}
