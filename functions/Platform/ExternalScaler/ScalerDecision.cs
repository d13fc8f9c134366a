using System.Globalization;
using AgentWarden.Platform.ExternalScaler.Contract;
using AgentWarden.Kernel.Contracts;

namespace AgentWarden.Platform.ExternalScaler;

/// <summary>From a trigger's metadata to settings, and from figures to KEDA's answers.</summary>
internal static class ScalerDecision
{
    public const string FunctionsKey = "functions";
    public const string TargetKey = "targetBacklog";
    public const string ActivationKey = "activationBacklog";
    public const int DefaultTarget = 20;

    /// <summary>What people wrote is quoted, but not without an end.</summary>
    private const int LongestQuote = 60;

    /// <summary>Reads the settings. KEDA sends the whole metadata, so keys of others are none of our business.</summary>
    /// <param name="metadata">The trigger's metadata.</param>
    /// <param name="known">The functions that there are.</param>
    public static SettingsReading Read(IReadOnlyDictionary<string, string> metadata, IReadOnlyList<string> known)
    {
        var problems = new List<string>();
        var functions = Functions(metadata, known, problems);
        var target = Number(metadata, TargetKey, DefaultTarget, least: 1, problems);
        var activation = Number(metadata, ActivationKey, fallback: 0, least: 0, problems);
        return problems.Count == 0
            ? new(new(functions ?? [.. known.Order(StringComparer.Ordinal)], functions is null, target, activation), null)
            : new(null, string.Join(" ", problems));
    }

    public static BacklogFigures Sum(IEnumerable<BacklogFigures> figures) =>
        figures.Aggregate(default(BacklogFigures), (sum, next) => new(sum.Waiting + next.Waiting, sum.InFlight + next.InFlight, sum.Delayed + next.Delayed, sum.Failing + next.Failing));

    public static bool IsActive(ScalerSettings settings, BacklogFigures figures) => figures.Work > settings.ActivationBacklog;

    /// <summary>
    /// Stable for the same functions in whichever order they were written, and a valid segment of a path:
    /// it becomes a path of the metrics API. Lower case, as metric names are.
    /// </summary>
    public static string MetricName(ScalerSettings settings) =>
        $"agent-warden-{(settings.AllFunctions ? "all" : string.Join('-', settings.Functions).ToLowerInvariant())}";

    public static GetMetricSpecResponse Spec(ScalerSettings settings) => new()
    {
        MetricSpecs = { new MetricSpec { MetricName = MetricName(settings), TargetSize = settings.TargetBacklog, TargetSizeFloat = settings.TargetBacklog } },
    };

    /// <summary>
    /// The value. The metric that was asked for is not looked at: there is one for each set of metadata, KEDA takes a value for the metric that it asked for by any name,
    /// and an HPA that still has the name from before an edit gets the right value and not an error.
    /// </summary>
    public static GetMetricsResponse Value(ScalerSettings settings, BacklogFigures figures) => new()
    {
        MetricValues = { new MetricValue { MetricName = MetricName(settings), MetricValue_ = figures.Work, MetricValueFloat = figures.Work } },
    };

    /// <summary>Null for all of them.</summary>
    private static string[]? Functions(IReadOnlyDictionary<string, string> metadata, IReadOnlyList<string> known, List<string> problems)
    {
        if (!metadata.TryGetValue(FunctionsKey, out var text))
        {
            return null;
        }

        var all = string.Join(", ", known.Order(StringComparer.Ordinal));
        var named = text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (named.Length == 0)
        {
            problems.Add($"{FunctionsKey} names no function. Write one or more of {all}, separated by commas, or leave the key out for all of them.");
        }

        var unknown = named.Where(n => !known.Contains(n, StringComparer.OrdinalIgnoreCase)).Select(Quote).ToArray();
        if (unknown.Length > 0)
        {
            problems.Add($"{FunctionsKey} names {string.Join(", ", unknown.Take(5))}, which {(unknown.Length == 1 ? "is no function" : "are no functions")} with a backlog. Write one or more of {all}, separated by commas.");
        }

        return [.. known.Where(k => named.Contains(k, StringComparer.OrdinalIgnoreCase)).Order(StringComparer.Ordinal)];
    }

    private static int Number(IReadOnlyDictionary<string, string> metadata, string key, int fallback, int least, List<string> problems)
    {
        if (!metadata.TryGetValue(key, out var text))
        {
            return fallback;
        }

        if (int.TryParse(text.AsSpan().Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least)
        {
            return number;
        }

        problems.Add($"{key} is {Quote(text)}. Write a whole number from {least} to {int.MaxValue}, in quotes, for example {key}: \"{fallback}\".");
        return fallback;
    }

    private static string Quote(string text) => text.Length > LongestQuote ? $"\"{text[..LongestQuote]}…\"" : $"\"{text}\"";
}
