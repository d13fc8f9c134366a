using System.Globalization;

namespace AgentWarden.Kernel.Kubernetes.Http;

/// <summary>Query strings of the API.</summary>
internal static class Query
{
    public static string Of(params ReadOnlySpan<(string Name, string? Value)> parameters)
    {
        var query = "";
        foreach (var (name, value) in parameters)
        {
            if (!string.IsNullOrEmpty(value))
            {
                query += $"{(query.Length == 0 ? '?' : '&')}{name}={Uri.EscapeDataString(value)}";
            }
        }

        return query;
    }

    public static string OfList(ListOptions options, string? continueToken) => Of(
        ("labelSelector", options.LabelSelector),
        ("fieldSelector", options.FieldSelector),
        ("limit", options.PageSize > 0 ? options.PageSize.ToString(CultureInfo.InvariantCulture) : null),
        ("continue", continueToken));

    public static string OfWatch(ListOptions options, string resourceVersion, TimeSpan timeout) => Of(
        ("watch", "true"),
        ("allowWatchBookmarks", "true"),
        ("resourceVersion", resourceVersion),
        ("timeoutSeconds", ((int)timeout.TotalSeconds).ToString(CultureInfo.InvariantCulture)),
        ("labelSelector", options.LabelSelector),
        ("fieldSelector", options.FieldSelector));
}
