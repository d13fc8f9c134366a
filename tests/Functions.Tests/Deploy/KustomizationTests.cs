using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json.Nodes;
using Xunit.Abstractions;
using YamlDotNet.RepresentationModel;

namespace AgentWarden.Tests.Deploy;

/// <summary>What <c>kubectl apply -k</c> installs is complete and fits together.</summary>
public sealed class KustomizationTests(ITestOutputHelper output)
{
    private static readonly string Deploy = Path.Combine(DeployFiles.RepositoryRoot, "deploy");

    public static TheoryData<string> AllYaml => new(Relative(Directory.EnumerateFiles(Deploy, "*", SearchOption.AllDirectories).Where(f => f.EndsWith(".yaml", StringComparison.Ordinal) || IsKustomization(f))));

    public static TheoryData<string> Kustomizations => new(Relative(Directory.EnumerateFiles(Deploy, "*", SearchOption.AllDirectories).Where(IsKustomization)));

    [Theory, MemberData(nameof(AllYaml))]
    public void Every_file_holds_documents_with_a_kind(string file)
    {
        var documents = DeployFiles.Documents(Path.Combine(Deploy, file));
        Assert.NotEmpty(documents);
        Assert.All(documents, d => Assert.True(d.Text("kind") is { Length: > 0 } && d.Text("apiVersion") is { Length: > 0 }));
    }

    [Theory, MemberData(nameof(Kustomizations))]
    public void Names_every_file_beside_it_and_none_that_is_not_there(string file)
    {
        var folder = Path.GetDirectoryName(Path.Combine(Deploy, file))!;
        var kustomization = Assert.Single(DeployFiles.Documents(Path.Combine(Deploy, file)));
        var named = kustomization.Texts("resources").Concat(kustomization.List("patches").Cast<YamlMappingNode>().Select(p => p.Text("path")).OfType<string>()).ToArray();
        Assert.All(named, n => Assert.True(Path.Exists(Path.Combine(folder, n)), $"{n} is not there"));
        var beside = Directory.EnumerateFiles(folder, "*.yaml").Where(f => !IsKustomization(f)).Select(f => Path.GetFileName(f));
        Assert.Equal(beside.Order(StringComparer.Ordinal), named.Where(n => !n.StartsWith("..", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_pod_is_restricted_and_may_be_drained()
    {
        var pod = Base("deployment.yaml").Map("spec")!.Map("template")!.Map("spec")!;
        var container = Assert.IsType<YamlMappingNode>(Assert.Single(pod.List("containers")));
        Assert.Equal("true", pod.Map("securityContext")!.Text("runAsNonRoot"));
        Assert.Equal("RuntimeDefault", pod.Map("securityContext")!.Map("seccompProfile")!.Text("type"));
        Assert.Equal(("false", "true"), (container.Map("securityContext")!.Text("allowPrivilegeEscalation"), container.Map("securityContext")!.Text("readOnlyRootFilesystem")));
        Assert.Equal(["ALL"], container.Map("securityContext")!.Map("capabilities")!.Texts("drop"));
        Assert.Equal(["serve", "--admission", ":8443", "--http", ":8080", "--certificate", "/tls/tls.crt", "--key", "/tls/tls.key"], container.Texts("args"));
        Assert.True(int.Parse(Base("deployment.yaml").Map("spec")!.Text("replicas")!) > int.Parse(Base("pdb.yaml").Map("spec")!.Text("minAvailable")!));
    }

    /// <summary>POD_NAMESPACE makes the Functions host look for a sidecar that is not there; without HOME a user that /etc/passwd does not know has no TLS.</summary>
    [Fact]
    public void The_variables_are_those_that_the_process_needs() =>
        Assert.Equal(["AGENTWARDEN_NAMESPACE", "DOTNET_EnableDiagnostics", "HOME"], Base("deployment.yaml").Map("spec")!.Map("template")!.Map("spec")!.List("containers").Cast<YamlMappingNode>().Single().List("env").Select(e => ((YamlMappingNode)e).Text("name")));

    [Fact]
    public void All_of_them_mean_the_same_pods_and_ports()
    {
        var template = Base("deployment.yaml").Map("spec")!.Map("template")!;
        var container = template.Map("spec")!.List("containers").Cast<YamlMappingNode>().Single();
        var ports = container.List("ports").Cast<YamlMappingNode>().ToDictionary(p => p.Text("name")!, p => p.Text("containerPort"), StringComparer.Ordinal);
        Assert.Equal(("8443", "8080"), (ports["admission"], ports["http"]));
        Assert.Equal(ports["http"], template.Map("metadata")!.Map("annotations")!.Text("prometheus.io/port"));
        Assert.All(["readinessProbe", "livenessProbe", "startupProbe"], p => Assert.Equal("http", container.Map(p)!.Map("httpGet")!.Text("port")));
        var port = Assert.IsType<YamlMappingNode>(Assert.Single(Base("service.yaml").Map("spec")!.List("ports")));
        Assert.Equal(("443", "admission"), (port.Text("port"), port.Text("targetPort")));
        Assert.All(Base("networkpolicy.yaml").Map("spec")!.List("ingress").Cast<YamlMappingNode>().SelectMany(i => i.List("ports")).Cast<YamlMappingNode>(), p => Assert.Contains(p.Text("port")!, ports.Keys));
        foreach (var selector in new[] { Base("service.yaml").Map("spec")!.Map("selector")!, Base("pdb.yaml").Map("spec")!.Map("selector")!.Map("matchLabels")!, Base("networkpolicy.yaml").Map("spec")!.Map("podSelector")!.Map("matchLabels")! })
        {
            Assert.All(selector.Entries(), e => Assert.Equal(((YamlScalarNode)e.Value).Value, template.Map("metadata")!.Map("labels")!.Text(e.Key)));
        }
    }

    [Fact]
    public void The_certificate_is_for_the_service_and_lands_where_the_pod_reads_it()
    {
        var folder = Path.Combine(Deploy, "overlays", "cert-manager");
        var certificate = DeployFiles.Documents(Path.Combine(folder, "certificate.yaml")).Single(d => d.Text("kind") == "Certificate" && d.Map("metadata")!.Text("name") == "agent-warden").Map("spec")!;
        Assert.Contains("agent-warden.agent-warden-system.svc", certificate.Texts("dnsNames"));
        var volume = Base("deployment.yaml").Map("spec")!.Map("template")!.Map("spec")!.List("volumes").Cast<YamlMappingNode>().Single();
        Assert.Equal(certificate.Text("secretName"), volume.Map("secret")!.Text("secretName"));
        var webhooks = Kustomize.Build(folder).Where(IsWebhooks).ToArray();
        Assert.Equal(2, webhooks.Length);
        Assert.All(webhooks, w => Assert.Equal("agent-warden-system/agent-warden", (string?)w["metadata"]!["annotations"]!["cert-manager.io/inject-ca-from"]));
    }

    /// <summary>The overlay of somebody whose servers do not know match conditions, as kustomize and our small stand-in render it.</summary>
    [Fact]
    public async Task For_older_servers_match_conditions_can_be_taken_out_and_nothing_else_goes_with_them()
    {
        var folder = Directory.CreateTempSubdirectory("warden-overlay-").FullName;
        try
        {
            var here = Path.GetRelativePath(folder, Deploy);
            File.WriteAllText(Path.Combine(folder, "kustomization.yaml"), $"""
                apiVersion: kustomize.config.k8s.io/v1beta1
                kind: Kustomization
                resources: [{here}/overlays/cert-manager]
                components: [{here}/components/without-match-conditions]
                """);
            var fitted = Kustomize.Build(folder).Where(IsWebhooks).ToArray();
            var whole = Kustomize.Build(Path.Combine(Deploy, "overlays", "cert-manager")).Where(IsWebhooks).ToArray();
            Assert.Equal(2, whole.Length);
            Assert.All(whole, w => Assert.True(Assert.Single(w["webhooks"]!.AsArray())!.AsObject().Remove("matchConditions")));
            Assert.Equal(Sorted(whole), Sorted(fitted));
            if (await RenderAsync(folder) is { } rendered)
            {
                Assert.Equal(Sorted(fitted), Sorted(Kustomize.Parse(rendered).Where(IsWebhooks)));
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>kustomize itself has the last word, where kubectl is at hand.</summary>
    [Fact]
    public async Task Renders()
    {
        if (await RenderAsync(Path.Combine(Deploy, "overlays", "cert-manager")) is not { } rendered)
        {
            output.WriteLine("There is no kubectl on PATH: not rendered.");
            return;
        }

        var documents = DeployFiles.Parse(rendered);
        Assert.Equal(2, documents.Count(d => d.Text("kind") == "CustomResourceDefinition"));
        var pods = documents.Single(d => d.Text("kind") == "MutatingWebhookConfiguration");
        Assert.Equal("agent-warden-system/agent-warden", pods.Map("metadata")!.Map("annotations")!.Text("cert-manager.io/inject-ca-from"));
        Assert.Contains("- cert-manager\n", rendered, StringComparison.Ordinal);
        Assert.All(documents, d => Assert.Equal("agent-warden", d.Map("metadata")!.Map("labels")!.Text("app.kubernetes.io/part-of")));
    }

    /// <summary>Our small stand-in for kustomize says the same as kustomize, for the overlay and for every variant that is documented.</summary>
    [Theory, MemberData(nameof(InstallationTests.All), MemberType = typeof(InstallationTests))]
    public async Task Renders_as_the_tests_believe(string variant)
    {
        using var installation = new Installation(variant);
        if (await RenderAsync(installation.Folder) is not { } rendered)
        {
            output.WriteLine("There is no kubectl on PATH: not rendered.");
            return;
        }

        Assert.Equal(Sorted(Kustomize.Parse(rendered)), Sorted(installation.Objects));
    }

    private static bool IsWebhooks(JsonObject o) => Installation.Kind(o).EndsWith("WebhookConfiguration", StringComparison.Ordinal);

    private static IEnumerable<string> Sorted(IEnumerable<JsonObject> objects) => objects
        .Select(o => $"{Installation.Kind(o)} {Installation.Name(o)} {Canonical(o)!.ToJsonString()}")
        .Order(StringComparer.Ordinal);

    private static JsonNode? Canonical(JsonNode? node) => node switch
    {
        JsonObject map => new JsonObject(map.OrderBy(m => m.Key, StringComparer.Ordinal).Select(m => KeyValuePair.Create(m.Key, Canonical(m.Value)))),
        JsonArray list => new JsonArray([.. list.Select(Canonical)]),
        _ => node?.DeepClone(),
    };

    private static async Task<string?> RenderAsync(string folder)
    {
        try
        {
            using var kubectl = Process.Start(new ProcessStartInfo("kubectl", ["kustomize", folder]) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true })!;
            var errors = kubectl.StandardError.ReadToEndAsync();
            var rendered = await kubectl.StandardOutput.ReadToEndAsync();
            await kubectl.WaitForExitAsync();
            Assert.True(kubectl.ExitCode == 0, await errors);
            return rendered;
        }
        catch (Win32Exception)
        {
            return null;
        }
    }

    private static YamlMappingNode Base(string file) => Assert.Single(DeployFiles.Documents(Path.Combine(Deploy, "base", file)));

    private static bool IsKustomization(string file) => Path.GetFileName(file) is "kustomization.yaml" or "Kustomization";

    private static IEnumerable<string> Relative(IEnumerable<string> files) => files.Select(f => Path.GetRelativePath(Deploy, f).Replace('\\', '/')).Order(StringComparer.Ordinal);
}
