using System.Runtime.CompilerServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace AgentWarden.Tests;

/// <summary>One folder per case: facts.json in, verdict.golden.json out. REFRESH_GOLDEN=1 rewrites the golden files.</summary>
internal static class Golden
{
    private const string Input = "facts.json", Expected = "verdict.golden.json";
    private static readonly bool Refresh = Environment.GetEnvironmentVariable("REFRESH_GOLDEN") == "1";
    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        ReadCommentHandling = JsonCommentHandling.Skip,
        Converters = { new JsonStringEnumConverter() },
    };

    /// <summary>Every case folder beside the calling test file; a file that belongs to no case, and a folder without facts, fails the discovery.</summary>
    /// <param name="folder">Set when one test folder holds several corpora.</param>
    /// <param name="test">The calling file.</param>
    public static TheoryData<string> Cases(string folder = "cases", [CallerFilePath] string test = "")
    {
        var root = Path.Combine(Path.GetDirectoryName(test)!, folder);
        var cases = Directory.EnumerateDirectories(root).Order(StringComparer.Ordinal).ToArray();
        var stray = Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories)
            .Where(f => Path.GetFileName(f) is not (Input or Expected) || !cases.Contains(Path.GetDirectoryName(f), StringComparer.Ordinal))
            .Concat(cases.Where(c => !File.Exists(Path.Combine(c, Input))))
            .ToArray();
        Assert.True(stray.Length == 0, $"belongs to no case: {string.Join(", ", stray)}");
        return new(cases.Select(c => Path.GetFileName(c)));
    }

    /// <summary>The facts of one case, for a test of its own.</summary>
    public static TFacts Facts<TFacts>(string name, string folder = "cases", [CallerFilePath] string test = "") =>
        JsonSerializer.Deserialize<TFacts>(File.ReadAllText(Path.Combine(Path.GetDirectoryName(test)!, folder, name, Input)), Json)!;

    /// <param name="name">The case.</param>
    /// <param name="decide">The decision under test.</param>
    /// <param name="property">What must hold of every case, whatever its golden file says: above all, that deciding on the result changes nothing.</param>
    /// <param name="folder">As for <see cref="Cases"/>.</param>
    /// <param name="test">The calling file.</param>
    public static void Check<TFacts, TVerdict>(string name, Func<TFacts, TVerdict> decide, Action<TFacts, TVerdict>? property = null, string folder = "cases", [CallerFilePath] string test = "")
    {
        var path = Path.Combine(Path.GetDirectoryName(test)!, folder, name, Expected);
        var facts = Facts<TFacts>(name, folder, test);
        var verdict = decide(facts);
        var actual = JsonSerializer.Serialize(verdict, Json) + "\n";
        if (Refresh)
        {
            File.WriteAllText(path, actual);
        }

        Assert.True(File.Exists(path), $"{path} is missing: run once with REFRESH_GOLDEN=1, then read what was written. It would be:\n{actual}");
        Assert.Equal(File.ReadAllText(path), actual, ignoreLineEndingDifferences: true);
        property?.Invoke(facts, verdict);
    }
}
