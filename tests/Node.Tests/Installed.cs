using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using AgentWarden.ClusterTests;
using AgentWarden.Platform.Hosting;

namespace AgentWarden.NodeTests;

/// <summary>Agent Warden as an overlay installs it: our manifests, the image's name, and certificates that the test makes in cert-manager's place.</summary>
internal sealed class Installed : IAsyncDisposable
{
    public const string Namespace = "agent-warden-system";

    private static readonly string[] LeftOut = ["kube-system", "kube-node-lease", "kube-public"];

    private readonly NodeFixture _node;
    private readonly bool _inParts;
    private readonly List<string> _authorities = [];
    private readonly string _folder = Directory.CreateTempSubdirectory("warden-overlay-").FullName;

    private Installed(NodeFixture node, bool inParts) => (_node, _inParts) = (node, inParts);

    /// <summary>Applies the overlay with kubectl, and returns before anything of it is ready.</summary>
    /// <param name="node">Where.</param>
    /// <param name="inParts">With the component that takes bridge, admission and functions apart.</param>
    public static async Task<Installed> ApplyAsync(NodeFixture node, bool inParts)
    {
        var installed = new Installed(node, inParts);
        installed.Write();
        // As deploy/README.md asks for on servers before 1.21.
        await node.KubectlAsync(["label", "--overwrite", "namespace", .. LeftOut, "llmwarden.io/injection=disabled"]);
        await node.KubectlAsync("apply", "--validate=false", "-k", installed._folder);
        return installed;
    }

    /// <summary>Applies the overlay again with another certificate; the webhooks believe the one before as well.</summary>
    /// <returns>The new certificate.</returns>
    public async Task<X509Certificate2> RenewCertificateAsync()
    {
        var renewed = Write();
        await _node.KubectlAsync("apply", "--validate=false", "-k", _folder);
        return renewed;
    }

    /// <summary>Says the label that the pods of a part have.</summary>
    public static string Part(string name) => $"app.kubernetes.io/name={name}";

    /// <summary>As deploy/README.md says, webhooks first; the namespace takes what is in it with it.</summary>
    public async ValueTask DisposeAsync()
    {
        await KeepLogsAsync();
        await _node.KubectlAsync("delete", "mutatingwebhookconfiguration,validatingwebhookconfiguration", "agent-warden");
        await _node.KubectlAsync("delete", "crd", "llmaccesses.llmwarden.io", "llmproviders.llmwarden.io");
        await _node.KubectlAsync("delete", "-k", _folder, "--ignore-not-found", $"--timeout={Guide.Patience.TotalSeconds:0}s");
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>WARDEN_TEST_LOG names a file to look into when a test fails.</summary>
    private async Task KeepLogsAsync()
    {
        if (Environment.GetEnvironmentVariable("WARDEN_TEST_LOG") is { Length: > 0 } file)
        {
            File.AppendAllText(file, await _node.Pods.DescribeAsync(Namespace, await _node.Pods.ListAsync(Namespace, "app.kubernetes.io/part-of=agent-warden"), lines: int.MaxValue));
        }
    }

    private X509Certificate2 Write()
    {
        var certificate = CertificateFactory.Create([$"agent-warden.{Namespace}.svc"], Array.Empty<IPAddress>(), DateTimeOffset.UtcNow, TimeSpan.FromDays(1));
        File.WriteAllText(Path.Combine(_folder, "tls.crt"), certificate.CertificatePem);
        File.WriteAllBytes(Path.Combine(_folder, "tls.key"), certificate.KeyPem.Reveal().ToArray());
        _authorities.Add(certificate.CaBundlePem);
        // Not an absolute path: kustomize wants none.
        var deploy = Path.GetRelativePath(_folder, Path.Combine(NodeFixture.Repository, "deploy"));
        File.WriteAllText(Path.Combine(_folder, "kustomization.yaml"), $$"""
            apiVersion: kustomize.config.k8s.io/v1beta1
            kind: Kustomization
            resources:
            - {{deploy}}/base
            components:
            # Before 1.28, as deploy/README.md says.
            - {{deploy}}/components/without-match-conditions
            {{(_inParts ? $"- {deploy}/components/scale-to-zero" : "")}}
            images:
            - name: agent-warden
              newName: {{NodeFixture.ImageName}}
              newTag: {{NodeFixture.ImageTag}}
            generatorOptions:
              disableNameSuffixHash: true
            secretGenerator:
            - name: agent-warden-tls
              namespace: {{Namespace}}
              type: kubernetes.io/tls
              files: [tls.crt, tls.key]
            patches:
            - target:
                group: admissionregistration.k8s.io
                name: agent-warden
              patch: |-
                - op: add
                  path: /webhooks/0/clientConfig/caBundle
                  value: {{Convert.ToBase64String(Encoding.UTF8.GetBytes(string.Concat(_authorities.Select(a => $"{a}\n"))))}}
            # Before 1.21, as deploy/README.md says.
            - target:
                kind: PodDisruptionBudget
              options:
                allowKindChange: true
              patch: |-
                - op: replace
                  path: /apiVersion
                  value: policy/v1beta1
            {{(_inParts ? WithoutKeda : "")}}

            """);
        return certificate.Certificate;
    }

    /// <summary>Its kinds are unknown here; <see cref="KedaStandIn"/> does what it would do.</summary>
    private const string WithoutKeda = """
        - patch: |-
            apiVersion: keda.sh/v1alpha1
            kind: ScaledObject
            metadata:
              name: agent-warden-functions
              namespace: agent-warden-system
            $patch: delete
        """;
}
