using System.Text.Json;
using System.Text.RegularExpressions;

namespace AgentWarden.AzureTests;

/// <summary>No key, no old TLS, no right too many, and nothing secret comes out.</summary>
public sealed partial class SecurityTests
{
    [Fact]
    public async Task Storage_has_no_keys_no_public_blobs_and_speaks_TLS_1_2()
    {
        var account = (await Deployment.ExampleAsync()).One("Microsoft.Storage/storageAccounts");
        Assert.False(account.Is("allowSharedKeyAccess"));
        Assert.False(account.Is("allowBlobPublicAccess"));
        Assert.True(account.Is("supportsHttpsTrafficOnly"));
        Assert.Equal("TLS1_2", account.Text("minimumTlsVersion"));
    }

    [Fact]
    public async Task The_topic_takes_CloudEvents_from_identities_only()
    {
        var topic = (await Deployment.ExampleAsync()).One("Microsoft.EventGrid/topics");
        Assert.True(topic.Is("disableLocalAuth"));
        Assert.Equal("CloudEventSchemaV1_0", topic.Text("inputSchema"));
        Assert.Equal("1.2", topic.Text("minimumTlsVersionAllowed"));
    }

    [Fact]
    public async Task The_vault_forgets_nothing_and_knows_roles_only()
    {
        var vault = (await Deployment.ExampleAsync()).One("Microsoft.KeyVault/vaults");
        Assert.True(vault.Is("enableRbacAuthorization"));
        Assert.True(vault.Is("enableSoftDelete"));
        Assert.True(vault.Is("enablePurgeProtection"));
        Assert.False(vault.Properties.TryGetProperty("accessPolicies", out _));
    }

    [Fact]
    public async Task The_app_is_reached_by_HTTPS_and_by_nobody_who_is_not_named()
    {
        var deployment = await Deployment.ExampleAsync();
        var app = deployment.One("Microsoft.Web/sites");
        Assert.True(app.Is("httpsOnly"));
        Assert.Equal("1.2", app.Text("siteConfig", "minTlsVersion"));
        Assert.Equal("1.2", app.Text("siteConfig", "scmMinTlsVersion"));
        Assert.Equal("Disabled", app.Text("siteConfig", "ftpsState"));
        Assert.Equal("Deny", app.Text("siteConfig", "ipSecurityRestrictionsDefaultAction"));
        Assert.Empty(app.At("siteConfig", "ipSecurityRestrictions").EnumerateArray());
        var passwords = deployment.Of("Microsoft.Web/sites/basicPublishingCredentialsPolicies");
        Assert.Equal(["ftp", "scm"], passwords.Select(p => p.Name).Order(StringComparer.Ordinal));
        Assert.All(passwords, p => Assert.False(p.Is("allow")));
    }

    [Fact]
    public async Task The_app_is_an_isolated_worker_on_Flex_Consumption_whose_package_is_read_by_its_identity()
    {
        var deployment = await Deployment.ExampleAsync();
        Assert.Equal("FC1", deployment.One("Microsoft.Web/serverfarms").Json.GetProperty("sku").GetProperty("name").GetString());
        var app = deployment.One("Microsoft.Web/sites");
        Assert.Equal("functionapp,linux", app.Json.GetProperty("kind").GetString());
        Assert.Equal("dotnet-isolated", app.Text("functionAppConfig", "runtime", "name"));
        Assert.Equal("10.0", app.Text("functionAppConfig", "runtime", "version"));
        Assert.Equal("UserAssignedIdentity", app.Text("functionAppConfig", "deployment", "storage", "authentication", "type"));
    }

    [Fact]
    public async Task Logs_take_no_key_and_have_a_cap()
    {
        var deployment = await Deployment.ExampleAsync();
        Assert.True(deployment.One("Microsoft.Insights/components").Is("DisableLocalAuth"));
        Assert.Equal(0.5, deployment.One("Microsoft.OperationalInsights/workspaces").At("workspaceCapping", "dailyQuotaGb").GetDouble());
    }

    [Fact]
    public async Task Logs_can_be_left_out()
    {
        var deployment = await Deployment.SmallestAsync();
        Assert.DoesNotContain(deployment.Resources, r =>
            r.Type.StartsWith("Microsoft.Insights/", StringComparison.Ordinal)
            || r.Type.StartsWith("Microsoft.OperationalInsights/", StringComparison.Ordinal));
        Assert.DoesNotContain(Grant.Of(deployment), g => g.Role == Roles.MetricsPublisher);
    }

    [Fact]
    public async Task Every_role_is_one_of_the_few_that_may_be_given_and_none_of_these_is_unused()
    {
        var grants = Grant.Of(await Deployment.ExampleAsync());
        Assert.DoesNotContain(grants, g => !Roles.Allows(g));
        Assert.DoesNotContain(Roles.Allowed, a => !grants.Any(g => g.Role == a.Role && g.Principal == a.Principal));
    }

    [Fact]
    public async Task No_output_and_no_setting_asks_Azure_for_a_key()
    {
        var templates = await CompiledTemplates.AllAsync();
        Assert.All(templates.Texts.Values, t => Assert.DoesNotMatch(AsksForKeys(), t));
        using var main = JsonDocument.Parse(templates.Texts["main.bicep"]);
        var outputs = main.RootElement.GetProperty("outputs").EnumerateObject()
            .Select(o => o.Value.GetProperty("type").GetString()!).ToArray();
        Assert.NotEmpty(outputs);
        Assert.DoesNotContain(outputs, t => t.StartsWith("secure", StringComparison.OrdinalIgnoreCase));
    }

    [GeneratedRegex(
        @"\blist(Keys|AccountSas|ServiceSas|Secrets|ConnectionStrings)?\(|AccountKey=|SharedAccessKey",
        RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase,
        matchTimeoutMilliseconds: 5000)]
    private static partial Regex AsksForKeys();
}
