using System.Text.RegularExpressions;

namespace AgentWarden.AzureTests;

/// <summary>Settings that the files set are settings that the program has.</summary>
public sealed partial class SettingTests
{
    [Fact]
    public async Task Every_setting_of_ours_is_in_the_reference()
    {
        var deployment = await Deployment.ExampleAsync();
        var text = AppSettings(deployment) + deployment.Outputs.GetProperty("bridgeSettings").GetRawText();
        var named = Ours().Matches(text).Select(m => m.Value).Distinct(StringComparer.Ordinal).ToArray();
        Assert.Contains("AGENTWARDEN_QUEUE_NAME", named);
        Assert.Contains("AGENTWARDEN_SINK", named);
        var page = File.ReadAllText(Path.Combine(BicepProgram.RepositoryRoot, "docs", "reference", "settings.md"));
        Assert.DoesNotContain(named, n => !page.Contains($"`{n}`", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Admission_stays_in_the_cluster()
    {
        var settings = AppSettings(await Deployment.ExampleAsync());
        var functions = DeclaredFunctions.Read();
        Assert.NotEmpty(functions.Admission);
        Assert.All(functions.Admission, f => Assert.Contains($"'AzureWebJobs_{f}_Disabled', 'true'", settings, StringComparison.Ordinal));
        Assert.All(functions.Event, f => Assert.DoesNotContain($"AzureWebJobs_{f}", settings, StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_host_reaches_its_storage_by_identity()
    {
        var settings = AppSettings(await Deployment.ExampleAsync());
        Assert.Contains("'AzureWebJobsStorage__credential', 'managedidentity'", settings, StringComparison.Ordinal);
        Assert.Contains("AzureWebJobsStorage__queueServiceUri", settings, StringComparison.Ordinal);
        Assert.DoesNotContain("'AzureWebJobsStorage'", settings, StringComparison.Ordinal);
    }

    /// <summary>An expression, because some values are ids that only Azure knows; names and fixed values stand in it as text.</summary>
    private static string AppSettings(Deployment deployment) =>
        deployment.One("Microsoft.Web/sites").At("siteConfig", "appSettings").GetRawText()
            .Replace("\\u0027", "'", StringComparison.Ordinal);

    [GeneratedRegex("AGENTWARDEN_[A-Z_]+", RegexOptions.None, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Ours();
}
