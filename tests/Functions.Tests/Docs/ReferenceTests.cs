using System.Reflection;
using System.Text.RegularExpressions;
using AgentWarden.Platform.Composition.Commands;
using AgentWarden.Credentials;

namespace AgentWarden.Tests.Docs;

/// <summary>What people see in the cluster, and what they can set, is in the reference.</summary>
public sealed partial class ReferenceTests
{
    /// <summary>Classes outside the …Reasons files that hold reasons.</summary>
    private static readonly Type[] WithReasons = [typeof(AccessPolicy), typeof(MasterKey), typeof(RotationSchedule)];

    [Fact]
    public void Every_reason_is_in_the_reference()
    {
        var classes = typeof(CredentialNames).Assembly.GetTypes().Where(t => t.Name.EndsWith("Reasons", StringComparison.Ordinal)).Concat(WithReasons).ToArray();
        Assert.True(classes.Length > WithReasons.Length);
        var page = Markdown.Read("docs", "reference", "conditions-and-events.md");
        // A sentence that is a constant is said by a webhook and explains itself; a reason is one word, or an injection status.
        var missing = classes.SelectMany(Constants).Where(c => c.Value[^1] != '.' && !page.Contains($"`{c.Value}`", StringComparison.Ordinal));
        Assert.Empty(missing);
    }

    [Fact]
    public void Every_reason_of_a_condition_or_Event_is_in_the_troubleshooting_table()
    {
        var classes = typeof(CredentialNames).Assembly.GetTypes().Where(t => t.Name.EndsWith("Reasons", StringComparison.Ordinal)).Concat(WithReasons);
        var page = Markdown.Read("docs", "credentials.md");
        string[] conditions = ["Ready", "AccessGranted", "CredentialProvisioned", "RotationScheduled", "CredentialAvailable"];
        var missing = classes.SelectMany(Constants).Where(c => OneWord().IsMatch(c.Value) && !conditions.Contains(c.Value, StringComparer.Ordinal) && !page.Contains($"`{c.Value}`", StringComparison.Ordinal));
        Assert.Empty(missing);
    }

    [Fact]
    public void Every_label_annotation_and_key_is_in_the_reference()
    {
        var page = Markdown.Read("docs", "reference", "annotations.md");
        var missing = Constants(typeof(CredentialNames)).Where(c => !page.Contains(c.Value.EndsWith('/') ? $"`{c.Value}<" : $"`{c.Value}`", StringComparison.Ordinal));
        Assert.Empty(missing);
    }

    [Fact]
    public void Every_setting_that_the_code_names_is_in_the_reference()
    {
        var page = Markdown.Read("docs", "reference", "settings.md");
        var source = string.Concat(SourceFiles.Of("functions").Select(f => f.Text));
        var named = Setting().Matches(source).Select(m => m.Value).Distinct(StringComparer.Ordinal).ToArray();
        Assert.Contains("AGENTWARDEN_LOG_LEVEL", named);
        Assert.Empty(named.Where(n => !page.Contains(n, StringComparison.Ordinal)).ToArray());
        Assert.Empty(Constants(typeof(Settings)).Where(c => !page.Contains($"`{c.Value}`", StringComparison.Ordinal)).ToArray());
        var options = Option().Matches(source).Select(m => m.Groups["option"].Value).ToArray();
        Assert.Contains("--certificate", options);
        Assert.Contains("--kubeconfig", options);
        Assert.Empty(options.Where(o => !page.Contains($"`{o}`", StringComparison.Ordinal)).ToArray());
    }

    [Fact]
    public void A_setting_that_is_misspelt_is_noticed_and_no_real_one_is()
    {
        var source = string.Concat(SourceFiles.Of("functions").Where(f => !f.Path.EndsWith("/SettingNames.cs", StringComparison.Ordinal)).Select(f => f.Text));
        var named = Setting().Matches(source).Select(m => m.Value).Where(n => n.StartsWith("AGENTWARDEN_", StringComparison.Ordinal)).Distinct(StringComparer.Ordinal);
        Assert.Equal(named.Order(StringComparer.Ordinal), SettingNames.All.Order(StringComparer.Ordinal));
        Assert.Equal(["AGENTWARDEN_SINK_MODDE", "AgentWarden_Sink_Url"], SettingNames.Unknown(["AGENTWARDEN_SINK_MODDE", "AGENTWARDEN_SINK_MODE", "AGENT_WARDEN_SERVICE_HOST", "AgentWarden_Sink_Url", "PATH"]));
    }

    [Fact]
    public void Every_function_is_in_the_functions_table_and_has_a_README()
    {
        var table = Markdown.Read("functions", "README.md");
        var names = SourceFiles.Of("functions").Where(f => f.Folders.Length > 0 && f.Path.EndsWith($"/{f.Folders[^1]}Function.cs", StringComparison.Ordinal)).Select(f => string.Join('/', f.Folders)).ToArray();
        Assert.NotEmpty(names);
        Assert.All(names, n => Assert.Contains($"| [{n[(n.LastIndexOf('/') + 1)..]}]({n}/README.md) |", table, StringComparison.Ordinal));
    }

    private static IEnumerable<(string Name, string Value)> Constants(Type type) => type
        .GetFields(BindingFlags.Static | BindingFlags.Public)
        .Where(f => f.IsLiteral && f.FieldType == typeof(string))
        .Select(f => ($"{type.Name}.{f.Name}", (string)f.GetRawConstantValue()!));

    [GeneratedRegex("^[A-Z][A-Za-z]+$", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex OneWord();

    [GeneratedRegex(@"\b(AGENTWARDEN|OTEL|FUNCTIONS)_[A-Z_]*[A-Z]\b", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Setting();

    [GeneratedRegex(@"new(\s+Option<[a-z?]+>)?\(""(?<option>--[a-z-]+)""", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Option();
}
