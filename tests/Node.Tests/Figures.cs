namespace AgentWarden.NodeTests;

/// <summary>What was measured on the way. No test fails by it: WARDEN_NODE_FIGURES names the file that it goes to.</summary>
internal static class Figures
{
    public static void Write(string what, params IReadOnlyCollection<TimeSpan> measured)
    {
        if (Environment.GetEnvironmentVariable("WARDEN_NODE_FIGURES") is { Length: > 0 } file)
        {
            var sorted = measured.Select(m => m.TotalSeconds).Order().ToList();
            var text = sorted.Count == 1 ? $"{sorted[0]:0.00} s" : $"median {sorted[sorted.Count / 2]:0.00} s, {sorted[0]:0.00} to {sorted[^1]:0.00} s, of {sorted.Count}";
            File.AppendAllText(file, $"{what}: {text}\n");
        }
    }
}
