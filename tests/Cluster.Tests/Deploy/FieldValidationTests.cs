using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using AgentWarden.ClusterTests.Kernel.Kubernetes;
using AgentWarden.Platform.Composition.Installing;
using AgentWarden.Tests.Deploy;

namespace AgentWarden.ClusterTests.Deploy;

/// <summary>What we hand out holds no field that the API server does not know, and a user who writes one is told so.</summary>
[Collection(ControlPlaneCollection.Name), Trait("Servers", "both")]
public sealed class FieldValidationTests(ControlPlaneFixture cluster)
{
    /// <summary>Folders under deploy/ whose files are meant for <c>kubectl apply -f</c>, or are what an overlay is made of.</summary>
    public static TheoryData<string> Folders =>
        ["base", "components/scale-to-zero", "examples/kagent", "examples/multi-model", "examples/volume"];

    private bool IsStrict => cluster.Plane.ServerVersion >= new Version(1, 27);

    [SkippableTheory, MemberData(nameof(Folders))]
    public async Task Every_manifest_of_ours_is_taken_when_fields_are_validated_strictly(string folder)
    {
        Skip.IfNot(IsStrict, $"Kubernetes {cluster.Plane.ServerVersion} does not validate fields when it is asked to.");
        var ns = await cluster.NewNamespaceAsync("strict");
        var installer = new Installer(cluster.Client);
        var taken = 0;
        foreach (var document in Directory.EnumerateFiles(Path.Combine(DeployFiles.RepositoryRoot, "deploy", folder), "*.yaml")
            .Where(f => Path.GetFileName(f) != "kustomization.yaml")
            .SelectMany(f => ManifestReader.Read(File.ReadAllText(f), f)))
        {
            // kagent's and KEDA's kinds are not installed.
            if (await installer.IsServedAsync(document, default))
            {
                var (status, answer, _) = await PostAsync(InNamespace(document, ns), "Strict");
                Assert.True(status == HttpStatusCode.Created, $"{document["kind"]} {document["metadata"]!["name"]}: {answer}");
                taken++;
            }
        }

        Assert.True(taken > 2, $"{taken} manifests were looked at.");
    }

    [SkippableFact]
    public async Task A_field_that_does_not_exist_is_named_in_a_refusal_or_in_a_warning()
    {
        Skip.IfNot(IsStrict, $"Kubernetes {cluster.Plane.ServerVersion} does not validate fields when it is asked to.");
        var ns = await cluster.NewNamespaceAsync("strict");
        var access = RuleExamples.All.First(e => e.Kind == "LLMAccess").With("\"s\"", "agent");
        access["spec"]!["workloadSelectors"] = new JsonObject();
        var (refused, message, _) = await PostAsync(InNamespace(access, ns), "Strict");
        Assert.Equal(HttpStatusCode.BadRequest, refused);
        Assert.Contains("spec.workloadSelectors", message, StringComparison.Ordinal);
        var (taken, _, warning) = await PostAsync(InNamespace(access, ns), "Warn");
        Assert.Equal(HttpStatusCode.Created, taken);
        Assert.Contains("spec.workloadSelectors", warning, StringComparison.Ordinal);
    }

    /// <summary>As the definitions of others have them: Kubernetes 1.20 refuses such a definition.</summary>
    [SkippableFact]
    public async Task A_definition_with_an_empty_default_is_installed_and_fills_it_in()
    {
        Skip.IfNot(IsStrict, $"Kubernetes {cluster.Plane.ServerVersion} refuses an empty default.");
        var kind = Crd.Kind("blanks");
        var definition = JsonNode.Parse("""
            {"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{"name":"blanks.tests.example.com"},
             "spec":{"group":"tests.example.com","scope":"Namespaced","names":{"plural":"blanks","kind":"Blank"},
              "versions":[{"name":"v1","served":true,"storage":true,"schema":{"openAPIV3Schema":{"type":"object",
               "properties":{"spec":{"type":"object","properties":{"text":{"type":"string","default":""}}}}}}}]}}
            """)!.AsObject();
        await new Installer(cluster.Client).ApplyAsync([definition], progress: null, default);
        var ns = await cluster.NewNamespaceAsync("strict");
        var blank = JsonNode.Parse(Encoding.UTF8.GetString(Crd.Widget("blanks", ns, "one", "\"spec\":{}").Span))!.AsObject();
        var created = JsonNode.Parse((await PostAsync(blank, "Strict")).Answer)!;
        Assert.Equal((kind.Kind, ""), ((string?)created["kind"], (string?)created["spec"]!["text"]));
    }

    private async Task<(HttpStatusCode Status, string Answer, string Warning)> PostAsync(JsonObject document, string validation)
    {
        var kind = (await new KindFinder(cluster.Client).FindAsync((string)document["apiVersion"]!, (string)document["kind"]!, default))!;
        var path = kind.CollectionPath((string?)document["metadata"]!["namespace"]) + $"?dryRun=All&fieldValidation={validation}";
        using var client = cluster.Plane.CreateClient();
        using var body = new StringContent(document.ToJsonString(), Encoding.UTF8, "application/json");
        using var answer = await client.PostAsync(new Uri(path, UriKind.Relative), body);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync(), string.Join(' ', answer.Headers.Warning.Select(w => w.Text)));
    }

    /// <summary>Under another name where the installation has it already, and in a namespace that is there.</summary>
    private static JsonObject InNamespace(JsonObject document, string ns)
    {
        var moved = document.DeepClone().AsObject();
        var metadata = moved["metadata"]!.AsObject();
        if (metadata.ContainsKey("namespace") || (string?)document["kind"] == "LLMAccess")
        {
            metadata["namespace"] = ns;
        }
        else
        {
            metadata["name"] = $"{metadata["name"]}-{ns}";
        }

        return moved;
    }
}
