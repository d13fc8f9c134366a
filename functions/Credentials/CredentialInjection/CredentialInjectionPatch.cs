using System.Text.Json.Nodes;
using AgentWarden.Kernel.Admission;

namespace AgentWarden.Credentials.CredentialInjection;

/// <summary>A draft as patch operations. A parent is created only where the pod has none.</summary>
internal static class CredentialInjectionPatch
{
    /// <summary>0444: a container that does not run as root and has no fsGroup could not read 0400.</summary>
    private const int ReadableByAll = 292;

    public static IReadOnlyList<JsonPatchOperation> Build(InjectionDraft draft, PodMetadata metadata, string status)
    {
        var patch = new List<JsonPatchOperation>();
        foreach (var additions in draft.Additions)
        {
            AddVariables(patch, additions);
            AddMounts(patch, additions);
        }

        Append(patch, "/spec/volumes", draft.Volumes.PodHasVolumes, draft.Volumes.New.ConvertAll(Volume));
        Annotate(patch, draft, metadata, status);
        return patch;
    }

    /// <summary>In front of the user's: Kubernetes expands $(NAME) only from variables that stand earlier, and "Bearer $(ANTHROPIC_API_KEY)" should work.</summary>
    private static void AddVariables(List<JsonPatchOperation> patch, ContainerAdditions additions)
    {
        var path = $"{additions.Target.Pointer}/env";
        if (additions.Target.Container.Env is null)
        {
            Append(patch, path, exists: false, additions.Variables.ConvertAll(Variable));
            return;
        }

        for (var i = 0; i < additions.Variables.Count; i++)
        {
            patch.Add(JsonPatchOperation.Add($"{path}/{i}", Variable(additions.Variables[i])));
        }
    }

    private static void AddMounts(List<JsonPatchOperation> patch, ContainerAdditions additions) =>
        Append(patch, $"{additions.Target.Pointer}/volumeMounts", additions.Target.Container.VolumeMounts is not null, additions.Mounts.ConvertAll(Mount));

    private static void Annotate(List<JsonPatchOperation> patch, InjectionDraft draft, PodMetadata metadata, string status)
    {
        var wanted = new List<(string Key, string Value)>(2);
        if (draft.UsedAccesses.Count > 0)
        {
            wanted.Add((CredentialNames.InjectedProviders, Providers(draft, metadata)));
        }

        wanted.Add((CredentialNames.InjectionStatus, status));
        if (!metadata.HasAnnotations)
        {
            patch.Add(JsonPatchOperation.Add("/metadata/annotations", new JsonObject(wanted.Select(a => KeyValuePair.Create(a.Key, (JsonNode?)a.Value)))));
            return;
        }

        foreach (var (key, value) in wanted)
        {
            var existing = metadata.Annotation(key);
            if (!string.Equals(existing, value, StringComparison.Ordinal))
            {
                var path = $"/metadata/annotations/{JsonPatch.Escape(key)}";
                patch.Add(existing is null ? JsonPatchOperation.Add(path, value) : JsonPatchOperation.Replace(path, value));
            }
        }
    }

    /// <summary>Together with what is there: another run, or another injector, may have written it.</summary>
    private static string Providers(InjectionDraft draft, PodMetadata metadata)
    {
        var providers = new SortedSet<string>(StringComparer.Ordinal);
        providers.UnionWith((metadata.Annotation(CredentialNames.InjectedProviders) ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
        providers.UnionWith(draft.UsedAccesses.Select(a => a.Spec.ProviderRef.Name));
        return string.Join(',', providers);
    }

    private static void Append(List<JsonPatchOperation> patch, string path, bool exists, List<JsonObject> items)
    {
        if (items.Count == 0)
        {
            return;
        }

        if (!exists)
        {
            patch.Add(JsonPatchOperation.Add(path, new JsonArray([.. items])));
            return;
        }

        foreach (var item in items)
        {
            patch.Add(JsonPatchOperation.Add($"{path}/-", item));
        }
    }

    private static JsonObject Variable(NewVariable variable) => new()
    {
        ["name"] = variable.Name,
        ["valueFrom"] = new JsonObject { ["secretKeyRef"] = new JsonObject { ["name"] = variable.SecretName, ["key"] = variable.SecretKey } },
    };

    private static JsonObject Mount(NewMount mount) =>
        new() { ["name"] = mount.VolumeName, ["mountPath"] = mount.MountPath, ["readOnly"] = mount.ReadOnly };

    private static JsonObject Volume(NewVolume volume) => new()
    {
        ["name"] = volume.Name,
        ["secret"] = new JsonObject { ["secretName"] = volume.SecretName, ["defaultMode"] = ReadableByAll },
    };
}
