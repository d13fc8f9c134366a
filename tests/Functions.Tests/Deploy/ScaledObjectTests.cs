using System.Text.Json.Nodes;
using AgentWarden.Platform.ExternalScaler;
using AgentWarden.Platform.Hosting;
using Xunit.Abstractions;
using YamlDotNet.RepresentationModel;

namespace AgentWarden.Tests.Deploy;

/// <summary>What KEDA is given is what KEDA takes, and what our scaler understands.</summary>
public sealed class ScaledObjectTests(ITestOutputHelper output)
{
    private const string WithoutKeda = "Without KEDA";

    public static TheoryData<string> All => new(Installation.Headings.Where(h => h != WithoutKeda));

    [Fact]
    public void Without_KEDA_nothing_of_it_is_left_and_the_number_of_replicas_is_said()
    {
        using var installation = new Installation(WithoutKeda);
        Assert.DoesNotContain(installation.Objects, o => ((string)o["apiVersion"]!).StartsWith("keda.sh/", StringComparison.Ordinal));
        Assert.True((int)installation.Workloads["agent-warden-functions"]["spec"]!["replicas"]! > 0);
    }

    [Theory, MemberData(nameof(All))]
    public void KEDAs_schemas_accept_it(string variant)
    {
        using var installation = new Installation(variant);
        var objects = installation.Objects.Where(o => ((string)o["apiVersion"]!).StartsWith("keda.sh/", StringComparison.Ordinal)).ToArray();
        Assert.NotEmpty(objects);
        if (DeployFiles.ThirdPartySchemas("keda") is not { } folder)
        {
            output.WriteLine("KEDA's schemas are not beside the repository: nothing is held against them.");
            return;
        }

        output.WriteLine($"Compared with {Path.GetFileName(folder)}.");
        // JSON is YAML.
        Assert.All(objects, o => Assert.Empty(SchemaValidator.Errors(DeployFiles.Parse(o.ToJsonString())[0], Schema(folder, Installation.Kind(o)))));
    }

    [Theory, MemberData(nameof(All))]
    public void Scales_the_functions_from_zero_and_leaves_their_number_to_KEDA(string variant)
    {
        using var installation = new Installation(variant);
        var scaled = Assert.Single(installation.Of("ScaledObject"))["spec"]!;
        var target = installation.Workloads[(string)scaled["scaleTargetRef"]!["name"]!];
        Assert.Equal(("Deployment", "agent-warden-functions", 0), (Installation.Kind(target), Installation.Name(target), (int)scaled["minReplicaCount"]!));
        // An apply would set KEDA's number back.
        Assert.Null(target["spec"]!["replicas"]);
    }

    /// <summary>A timer wakes the functions; when the next one comes before they sleep, they never do.</summary>
    [Theory, MemberData(nameof(All))]
    public void Timers_leave_time_to_come_to_zero(string variant)
    {
        using var installation = new Installation(variant);
        var scaled = Assert.Single(installation.Of("ScaledObject"))["spec"]!;
        var awake = TimeSpan.FromSeconds((int)scaled["cooldownPeriod"]! + (int)scaled["pollingInterval"]!);
        var timers = FunctionCatalog.Load(_ => null).Functions.Where(d => d.Trigger is TimerTrigger).ToArray();
        Assert.NotEmpty(timers);
        Assert.All(timers, t =>
        {
            var schedule = TimerSchedule.Parse(t.Name, ((TimerTrigger)t.Trigger).Schedule, _ => null);
            var first = schedule.Next(DateTimeOffset.UnixEpoch, TimeZoneInfo.Utc)!.Value;
            Assert.True(awake < schedule.Next(first, TimeZoneInfo.Utc) - first, $"{t.Name} keeps them awake");
        });
    }

    [Theory, MemberData(nameof(All))]
    public void Metadata_are_texts_that_KEDA_and_our_scaler_know(string variant)
    {
        using var installation = new Installation(variant);
        var triggers = Installation.List(Assert.Single(installation.Of("ScaledObject"))["spec"]!["triggers"]).ToArray();
        Assert.True(triggers.Length == 1 || triggers.Select(t => (string)t["name"]!).Distinct(StringComparer.Ordinal).Count() == triggers.Length);
        foreach (var trigger in triggers)
        {
            string[] known = (string)trigger["type"]! == "metrics-api" ? ["url", "valueLocation", "targetValue"] : ["scalerAddress", "enableTLS", ScalerDecision.FunctionsKey, ScalerDecision.TargetKey, ScalerDecision.ActivationKey];
            Assert.All(trigger["metadata"]!.AsObject(), m =>
            {
                Assert.Contains(m.Key, known);
                Assert.True(m.Value!.AsValue().TryGetValue<string>(out _), $"{m.Key} must be quoted");
            });
        }
    }

    /// <summary>KEDA checks the certificate against the address that it calls; both sides check against one authority.</summary>
    [Fact]
    public void Certificates_are_for_the_address_that_is_called_and_lie_where_they_are_read()
    {
        using var installation = new Installation("Mutual TLS between KEDA and the bridge");
        var trigger = Assert.Single(Assert.Single(installation.Of("ScaledObject"))["spec"]!["triggers"]!.AsArray())!;
        var certificates = installation.Of("Certificate").ToDictionary(c => (string)c["spec"]!["secretName"]!, c => c["spec"]!, StringComparer.Ordinal);
        var bridge = installation.Workloads["agent-warden-bridge"];
        var volume = Installation.List(bridge["spec"]!["template"]!["spec"]!["volumes"]).Single(v => v.ContainsKey("secret"));
        var mount = Installation.List(Installation.Container(bridge)["volumeMounts"]).Single(m => (string?)m["name"] == (string?)volume["name"]);
        Assert.All(Installation.Arguments(bridge).Where(a => a.Contains('=', StringComparison.Ordinal)), a => Assert.Contains(a.Split('=')[1], new[] { "tls.crt", "tls.key", "ca.crt" }.Select(f => $"{mount["mountPath"]}/{f}")));
        Assert.Contains(((string)trigger["metadata"]!["scalerAddress"]!).Split(':')[0], Texts(certificates[(string)volume["secret"]!["secretName"]!]["dnsNames"]));
        var authentication = Assert.Single(installation.Of("TriggerAuthentication"));
        Assert.Equal(Installation.Name(authentication), (string?)trigger["authenticationRef"]!["name"]);
        var given = Installation.List(authentication["spec"]!["secretTargetRef"]).ToDictionary(r => (string)r["parameter"]!, StringComparer.Ordinal);
        Assert.Equal(["caCert ca.crt", "tlsClientCert tls.crt", "tlsClientKey tls.key"], given.Select(g => $"{g.Key} {g.Value["key"]}"));
        Assert.All(given.Values, g => Assert.Contains("client auth", Texts(certificates[(string)g["name"]!]["usages"])));
        Assert.Single(given.Values.Select(g => (string)certificates[(string)g["name"]!]["issuerRef"]!["name"]!).Append((string)certificates["agent-warden-scaler-tls"]["issuerRef"]!["name"]!).Distinct(StringComparer.Ordinal));
    }

    private static IEnumerable<string> Texts(JsonNode? list) => list!.AsArray().Select(t => (string)t!);

    private static YamlMappingNode Schema(string folder, string kind) => DeployFiles.Schema(Assert.Single(DeployFiles.Documents(Path.Combine(folder, $"keda.sh_{kind.ToLowerInvariant()}s.yaml"))));
}
