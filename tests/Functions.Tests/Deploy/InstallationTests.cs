using System.Text.Json.Nodes;
using AgentWarden.Platform.Composition;
using AgentWarden.Platform.Composition.Commands;
using AgentWarden.Platform.EventBridge.Sinks;
using AgentWarden.Platform.EventBridge.Sinks.EventGrid;
using AgentWarden.Platform.Authentication;
using AgentWarden.Platform.Hosting;

namespace AgentWarden.Tests.Deploy;

/// <summary>An installation in parts, and every variant that is documented, fits together and fits the program.</summary>
public sealed class InstallationTests
{
    private const string Ns = "agent-warden-system";

    public static TheoryData<string> All => new(Installation.Headings);

    [Theory, MemberData(nameof(All))]
    public void Arguments_are_accepted_and_listen_on_the_ports_that_are_named(string variant)
    {
        using var installation = new Installation(variant);
        foreach (var workload in installation.Workloads.Values.Where(w => Installation.Arguments(w).Length > 0))
        {
            var parsed = Cli.Root().Parse(Installation.Arguments(workload));
            Assert.Empty(parsed.Errors);
            foreach (var (port, number) in Installation.Ports(workload))
            {
                Assert.Equal(number, Listener.ParseAddress("--" + port, parsed.GetValue<string>("--" + port)!).Port);
            }
        }
    }

    [Fact]
    public void Each_workload_has_its_role()
    {
        using var installation = new Installation(Installation.Default);
        var commands = installation.Workloads.ToDictionary(w => w.Key, w => Cli.Root().Parse(Installation.Arguments(w.Value)), StringComparer.Ordinal);
        Assert.Equal(["agent-warden", "agent-warden-bridge", "agent-warden-functions"], commands.Keys.Order(StringComparer.Ordinal));
        Assert.Equal("admission", commands["agent-warden"].GetValue<string>("--role"));
        Assert.Equal("bridge", commands["agent-warden-bridge"].CommandResult.Command.Name);
        Assert.Equal("functions", commands["agent-warden-functions"].GetValue<string>("--role"));
        Assert.Equal((2, 2), ((int)installation.Workloads["agent-warden"]["spec"]!["replicas"]!, (int)installation.Workloads["agent-warden-bridge"]["spec"]!["replicas"]!));
    }

    [Theory, MemberData(nameof(All))]
    public void Every_selector_means_one_workload_and_ports_that_it_has(string variant)
    {
        using var installation = new Installation(variant);
        foreach (var workload in installation.Workloads.Values)
        {
            Assert.Same(workload, Selected(installation, workload["spec"]!["selector"]!["matchLabels"]!));
            Assert.All(["readinessProbe", "startupProbe"], p => Assert.Contains((string)Installation.Container(workload)[p]!["httpGet"]!["port"]!, Installation.Ports(workload).Keys));
            Assert.All(Installation.List(workload["spec"]!["template"]!["spec"]!["topologySpreadConstraints"]), c => Assert.Same(workload, Selected(installation, c["labelSelector"]!["matchLabels"]!)));
        }

        foreach (var service in installation.Of("Service"))
        {
            var ports = Installation.Ports(Selected(installation, service["spec"]!["selector"]!));
            Assert.All(Installation.List(service["spec"]!["ports"]), p => Assert.Contains((string)p["targetPort"]!, ports.Keys));
        }

        foreach (var policy in installation.Of("NetworkPolicy"))
        {
            var ports = Installation.Ports(Selected(installation, policy["spec"]!["podSelector"]!["matchLabels"]!));
            Assert.All(Installation.List(policy["spec"]!["ingress"]).SelectMany(i => Installation.List(i["ports"])), p => Assert.Contains((string)p["port"]!, ports.Keys));
            Assert.All(Installation.List(policy["spec"]!["ingress"]).SelectMany(i => Installation.List(i["from"])).Where(f => f.ContainsKey("podSelector")), f => Selected(installation, f["podSelector"]!["matchLabels"]!));
        }

        foreach (var budget in installation.Of("PodDisruptionBudget"))
        {
            Assert.True((int)Selected(installation, budget["spec"]!["selector"]!["matchLabels"]!)["spec"]!["replicas"]! > (int)budget["spec"]!["minAvailable"]!);
        }
    }

    /// <summary>The Service of a bridge has no pod until one of them leads and says so.</summary>
    [Theory, MemberData(nameof(All))]
    public void Services_of_bridges_lead_to_whoever_holds_the_Lease(string variant)
    {
        using var installation = new Installation(variant);
        var bridge = installation.Workloads["agent-warden-bridge"];
        var shards = Cli.Root().Parse(Installation.Arguments(bridge)).GetValue<string>("--shard") is { } text ? int.Parse(text.Split('/')[1], System.Globalization.CultureInfo.InvariantCulture) : 1;
        Assert.True(shards == 1 || ((int)bridge["spec"]!["replicas"]! == shards && Installation.Kind(bridge) == "StatefulSet"));
        var led = installation.Of("Service").Where(s => Selected(installation, s["spec"]!["selector"]!) == bridge).ToDictionary(Installation.Name, s => (string?)s["spec"]!["selector"]![LeaderLabel.Key], StringComparer.Ordinal);
        Assert.Equal(Enumerable.Range(0, shards).Select(i => BridgeCommand.Lease(new(i, shards))), led.Values);
        Assert.All(led, l => Assert.Equal(l.Key, l.Value));
    }

    [Theory, MemberData(nameof(All))]
    public void Every_address_within_the_installation_is_a_Service_and_a_port_of_it(string variant)
    {
        using var installation = new Installation(variant);
        var ports = installation.Of("Service").SelectMany(s => Installation.List(s["spec"]!["ports"]).Select(p => $"{Installation.Name(s)}.{Ns}:{p["port"]}")).ToHashSet(StringComparer.Ordinal);
        var addresses = Texts(installation).Where(t => t.Contains($".{Ns}:", StringComparison.Ordinal)).ToArray();
        Assert.NotEmpty(addresses);
        Assert.All(addresses, a => Assert.Contains(Uri.TryCreate(a, UriKind.Absolute, out var url) && url.Scheme == "http" ? url.Authority : a, ports));
    }

    [Theory, MemberData(nameof(All))]
    public void Every_variable_of_ours_is_a_setting_that_the_program_reads(string variant)
    {
        using var installation = new Installation(variant);
        var source = string.Concat(SourceFiles.Of("functions").Select(f => f.Text));
        foreach (var workload in installation.Workloads.Values)
        {
            var names = Installation.List(Installation.Container(workload)["env"]).Select(e => (string)e["name"]!).ToArray();
            Assert.Equal(names.Distinct(StringComparer.Ordinal), names);
            Assert.All(names.Where(n => n.StartsWith("AGENTWARDEN_", StringComparison.Ordinal)), n => Assert.Contains($"\"{n}\"", source, StringComparison.Ordinal));
            // With it the Functions host takes its locks from a sidecar that is not there.
            Assert.DoesNotContain("POD_NAMESPACE", names);
            Assert.Contains(OwnNamespace.Setting, names);
        }
    }

    /// <summary>The bridge cannot start without a sink's settings.</summary>
    [Theory, MemberData(nameof(All))]
    public void Settings_of_the_sink_are_complete(string variant)
    {
        using var installation = new Installation(variant);
        var bridge = installation.Workloads["agent-warden-bridge"];
        // Stands for what is in Secrets.
        var settings = Variables(bridge, secret: "UseDevelopmentStorage=true");
        if (settings.TryGetValue(EventGridSettings.KeyFileSetting, out var file))
        {
            Assert.Contains(Installation.List(Installation.Container(bridge)["volumeMounts"]), m => file.StartsWith($"{m["mountPath"]}/", StringComparison.Ordinal));
            settings[EventGridSettings.KeyFileSetting] = Path.Combine(installation.Folder, "key");
            File.WriteAllText(settings[EventGridSettings.KeyFileSetting], "no real key");
        }

        Assert.NotNull(Sinks.Of([], n => settings.GetValueOrDefault(n), TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance).Sink);
        Assert.Contains(Settings.Pod, settings.Keys);
    }

    [Theory, MemberData(nameof(All))]
    public void Tokens_are_for_our_audience_and_lie_where_they_are_read(string variant)
    {
        using var installation = new Installation(variant);
        foreach (var name in new[] { "agent-warden-bridge", "agent-warden-functions" })
        {
            var (workload, pod) = (installation.Workloads[name], installation.Workloads[name]["spec"]!["template"]!["spec"]!);
            var volume = Installation.List(pod["volumes"]).Single(v => v.ContainsKey("projected"));
            var token = Installation.List(volume["projected"]!["sources"]).Single()["serviceAccountToken"]!;
            var mount = Installation.List(Installation.Container(workload)["volumeMounts"]).Single(m => (string)m["name"]! == (string)volume["name"]!);
            Assert.Equal(SenderCheckOptions.DefaultAudience, (string?)token["audience"]);
            Assert.Equal(Variables(workload, "")[HttpSinkOptions.TokenFileSetting], $"{mount["mountPath"]}/{token["path"]}");
            Assert.Contains((string)pod["serviceAccountName"]!, Callers.OurAccounts);
        }
    }

    [Theory, MemberData(nameof(All))]
    public void Every_pod_is_restricted_and_may_write_nowhere_but_in_volumes(string variant)
    {
        using var installation = new Installation(variant);
        foreach (var workload in installation.Workloads.Values)
        {
            var (pod, container) = (workload["spec"]!["template"]!["spec"]!, Installation.Container(workload)["securityContext"]!);
            Assert.Equal((true, 65532, "RuntimeDefault"), ((bool)pod["securityContext"]!["runAsNonRoot"]!, (int)pod["securityContext"]!["runAsUser"]!, (string)pod["securityContext"]!["seccompProfile"]!["type"]!));
            Assert.Equal((false, true, "[\"ALL\"]"), ((bool)container["allowPrivilegeEscalation"]!, (bool)container["readOnlyRootFilesystem"]!, container["capabilities"]!["drop"]!.ToJsonString()));
            Assert.Equal(Installation.List(pod["volumes"]).Select(v => (string)v["name"]!).Order(StringComparer.Ordinal), Installation.List(Installation.Container(workload)["volumeMounts"]).Select(m => (string)m["name"]!).Order(StringComparer.Ordinal));
        }
    }

    [Theory, MemberData(nameof(All))]
    public void Every_pod_has_the_time_that_a_shutdown_may_take(string variant)
    {
        using var installation = new Installation(variant);
        var longest = ShutdownOptions.FromSettings(name => name == "KUBERNETES_SERVICE_HOST" ? "10.0.0.1" : null).Longest;
        Assert.All(installation.Workloads.Values, w => Assert.True((int)w["spec"]!["template"]!["spec"]!["terminationGracePeriodSeconds"]! > longest.TotalSeconds, $"{Installation.Name(w)} has less than {longest}"));
    }

    private static JsonObject Selected(Installation installation, JsonNode labels) => Assert.Single(installation.Workloads.Values, w =>
        labels.AsObject().All(l => l.Key == LeaderLabel.Key || (string?)w["spec"]!["template"]!["metadata"]!["labels"]![l.Key] == (string?)l.Value));

    private static Dictionary<string, string> Variables(JsonObject workload, string secret) =>
        Installation.List(Installation.Container(workload)["env"]).ToDictionary(e => (string)e["name"]!, e => (string?)e["value"] ?? secret, StringComparer.Ordinal);

    /// <summary>Every text of the workloads and of what scales them.</summary>
    private static IEnumerable<string> Texts(Installation installation) =>
        installation.Workloads.Values.Concat(installation.Of("ScaledObject")).SelectMany(Texts);

    private static IEnumerable<string> Texts(JsonNode? node) => node switch
    {
        JsonObject map => map.SelectMany(m => Texts(m.Value)),
        JsonArray list => list.SelectMany(Texts),
        JsonValue value when value.TryGetValue<string>(out var text) => [text],
        _ => [],
    };
}
