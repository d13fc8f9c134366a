using System.Text.Json;
using AgentWarden.Kernel.Kubernetes;
using Spectre.Console;

namespace AgentWarden.Platform.Composition.Showing;

/// <summary>Objects as <c>kubectl get</c> shows them: the API server makes the table (<c>as=Table;g=meta.k8s.io;v=v1</c>).</summary>
internal sealed class ServerTable(KubernetesClient api)
{
    private const string AsTable = "application/json;as=Table;g=meta.k8s.io;v=v1";

    /// <summary>The table of one object or a whole collection; null when there is nothing to show.</summary>
    /// <param name="kind">What to show.</param>
    /// <param name="ns">One namespace, or null.</param>
    /// <param name="name">One object, or null for all.</param>
    /// <param name="cancellation">Ends the read.</param>
    public async Task<Table?> GetAsync(ResourceKind kind, string? ns, string? name, CancellationToken cancellation)
    {
        var path = name is null ? kind.CollectionPath(ns) : kind.ObjectPath(ns, name);
        using var answer = JsonDocument.Parse(await api.SendAsync(HttpMethod.Get, path, contentType: null, default, cancellation, AsTable));
        var columns = answer.RootElement.GetProperty("columnDefinitions").EnumerateArray().ToArray();
        if (!answer.RootElement.TryGetProperty("rows", out var rows) || rows.GetArrayLength() == 0)
        {
            return null;
        }

        var table = new Table().Border(TableBorder.None);
        // Priority 0 is what kubectl shows without -o wide.
        var shown = Enumerable.Range(0, columns.Length).Where(i => columns[i].GetProperty("priority").GetInt32() == 0).ToArray();
        foreach (var i in shown)
        {
            table.AddColumn(new TableColumn($"[grey]{Markup.Escape(columns[i].GetProperty("name").GetString()!.ToUpperInvariant())}[/]").NoWrap());
        }

        foreach (var row in rows.EnumerateArray())
        {
            var cells = row.GetProperty("cells");
            table.AddRow(shown.Select(i => Markup.Escape(cells[i].ToString())).ToArray());
        }

        return table;
    }
}
