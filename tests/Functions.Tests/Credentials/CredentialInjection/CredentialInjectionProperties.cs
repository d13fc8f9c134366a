using System.Text;
using System.Text.Json.Nodes;
using AgentWarden.Credentials.CredentialInjection;
using AgentWarden.Credentials;
using AgentWarden.Kernel.Admission;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Tests.Kernel.Admission;
using FsCheck;
using FsCheck.Fluent;

namespace AgentWarden.Tests.Credentials.CredentialInjection;

public sealed class CredentialInjectionProperties
{
    private static readonly string[] Variables = ["A", "B", "C"], Paths = ["/llm", "/llm/", "/b", "/b/c"], Secrets = ["s0", "s1", "s2"], Keys = ["apiKey", "provider"];
    private static readonly string[] AccessNames = ["a", "a.b", "a-b", "zz", new('n', 70)];
    private static readonly string[] VolumeNames = ["data", .. AccessNames.Select(n => InjectionVolumes.Candidate(n, 0)), InjectionVolumes.Candidate("a", 1)];

    [Fact]
    public void Whatever_the_pod_and_the_accesses_everything_of_the_user_stays_and_a_second_run_changes_nothing() =>
        Prop.ForAll(Cases.ToArbitrary(), input =>
        {
            var verdict = Decide(input.Pod, input.Accesses);
            var patched = verdict is AdmissionResult.Patched p ? JsonPatchApplier.Apply(input.Pod, p.Patch) : input.Pod;
            var again = Decide(patched, input.Accesses);
            return JsonPatchApplier.Contains(patched, CredentialInjectionDecisionTests.WithoutOurAnnotations(input.Pod))
                && again is AdmissionResult.Allowed && again.Warnings.SequenceEqual(verdict.Warnings, StringComparer.Ordinal)
                && HasUniqueNames(patched, input.Pod);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));

    private static AdmissionResult Decide(JsonNode pod, LLMAccess[] accesses) =>
        CredentialInjectionDecision.Decide(new(Encoding.UTF8.GetBytes(pod.ToJsonString()), accesses));

    /// <summary>We add no volume name, and no variable to a container, that is there already.</summary>
    private static bool HasUniqueNames(JsonNode patched, JsonNode original) =>
        Duplicates(patched["spec"]!["volumes"]) <= Duplicates(original["spec"]!["volumes"])
        && patched["spec"]!["containers"]!.AsArray().Zip(original["spec"]!["containers"]!.AsArray(), (p, o) => Duplicates(p!["env"]) <= Duplicates(o!["env"])).All(ok => ok);

    private static int Duplicates(JsonNode? list) =>
        list is JsonArray items ? items.Count - items.Select(i => (string)i!["name"]!).Distinct(StringComparer.Ordinal).Count() : 0;

    private static Gen<T?> Maybe<T>(Gen<T> gen) where T : class => Gen.OneOf(gen.Select(v => (T?)v), Gen.Constant((T?)null));

    private static Gen<JsonArray?> List(Gen<JsonObject> item, int most) =>
        Maybe(Gen.Choose(0, most).SelectMany(n => item.ListOf(n)).Select(items => new JsonArray([.. items.Select(i => i.DeepClone())])));

    private static readonly Gen<JsonObject> Variable =
        from name in Gen.Elements(Variables)
        from secret in Gen.Elements(Secrets)
        from key in Gen.Elements(Keys)
        from plain in Gen.Elements(true, false)
        select plain
            ? new JsonObject { ["name"] = name, ["value"] = "$(A)" }
            : new JsonObject { ["name"] = name, ["valueFrom"] = new JsonObject { ["secretKeyRef"] = new JsonObject { ["name"] = secret, ["key"] = key } } };

    private static readonly Gen<JsonObject> Mount =
        from volume in Gen.Elements(VolumeNames)
        from path in Gen.Elements(Paths)
        select new JsonObject { ["name"] = volume, ["mountPath"] = path, ["unknown"] = new JsonArray(1, null) };

    private static readonly Gen<JsonObject> Volume =
        from name in Gen.Elements(VolumeNames)
        from secret in Gen.Elements([.. Secrets, ""])
        select secret.Length == 0
            ? new JsonObject { ["name"] = name, ["emptyDir"] = new JsonObject() }
            : new JsonObject { ["name"] = name, ["secret"] = new JsonObject { ["secretName"] = secret } };

    private static readonly Gen<JsonObject> Container =
        from name in Gen.Elements("x", "y", "z")
        from env in List(Variable, 3)
        from mounts in List(Mount, 2)
        select With(new JsonObject { ["name"] = name }, ("env", env), ("volumeMounts", mounts));

    private static readonly Gen<JsonNode> Pods =
        from containers in Gen.Choose(0, 3).SelectMany(n => Container.ListOf(n))
        from init in List(Container, 2)
        from volumes in List(Volume, 3)
        from choice in Gen.Elements(null, "", "x", "x,y,none")
        from everyInit in Gen.Elements(null, "true", "perhaps")
        from status in Gen.Elements(null, "old")
        select Build(containers, init, volumes, choice, everyInit, status);

    private static readonly Gen<LLMAccess> Accesses =
        from name in Gen.Elements(AccessNames)
        from secret in Gen.Elements(Secrets)
        from all in Gen.Elements(true, true, false)
        from variables in Gen.Choose(0, 2).SelectMany(n => (from v in Gen.Elements(Variables) from k in Gen.Elements(Keys) select new EnvMapping { Name = v, SecretKey = k }).ListOf(n))
        from path in Gen.Elements([.. Paths, ""])
        select new LLMAccess
        {
            Metadata = new() { Name = name, Namespace = "ns" },
            Spec = new()
            {
                ProviderRef = new() { Name = $"p-{secret}" },
                SecretName = secret,
                WorkloadSelector = all ? new LabelSelector() : new() { MatchLabels = new Dictionary<string, string>(StringComparer.Ordinal) { ["none"] = "such" } },
                Injection = new() { Env = [.. variables], Volume = path.Length == 0 ? null : new() { MountPath = path } },
            },
        };

    private static readonly Gen<(JsonNode Pod, LLMAccess[] Accesses)> Cases =
        from pod in Pods
        from accesses in Gen.Choose(0, 4).SelectMany(n => Accesses.ListOf(n))
        select (pod, accesses.DistinctBy(a => a.Metadata.Name, StringComparer.Ordinal).ToArray());

    private static JsonNode Build(IEnumerable<JsonObject> containers, JsonArray? init, JsonArray? volumes, string? choice, string? everyInit, string? status)
    {
        var annotations = new JsonObject();
        foreach (var (key, value) in new[] { (CredentialNames.InjectContainers, choice), (CredentialNames.InjectInitContainers, everyInit), (CredentialNames.InjectionStatus, status) })
        {
            if (value is not null)
            {
                annotations[key] = value;
            }
        }

        var spec = With(new JsonObject { ["containers"] = new JsonArray([.. containers.Select(c => c.DeepClone())]) }, ("initContainers", init), ("volumes", volumes));
        return new JsonObject { ["metadata"] = With([], ("annotations", annotations.Count > 0 ? annotations : null)), ["spec"] = spec };
    }

    private static JsonObject With(JsonObject map, params (string Key, JsonNode? Value)[] fields)
    {
        foreach (var (key, value) in fields.Where(f => f.Value is not null))
        {
            map[key] = value!.DeepClone();
        }

        return map;
    }
}
