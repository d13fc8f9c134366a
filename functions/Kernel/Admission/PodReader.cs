using System.Text.Json;
using static AgentWarden.Kernel.Admission.JsonFields;

namespace AgentWarden.Kernel.Admission;

/// <summary>Reads of a pod's spec only what a patch must know, in one pass. Throws <see cref="JsonException"/> for what is no pod.</summary>
internal static class PodReader
{
    /// <param name="pod">The pod's JSON.</param>
    /// <param name="variables">Names of the variables that matter; pods have dozens that do not, and their names are never built.</param>
    public static PodView ReadSpec(ReadOnlySpan<byte> pod, string[] variables)
    {
        ContainerView Container(ref Utf8JsonReader json) => ReadContainer(ref json, variables);
        List<ContainerView>? containers = null, initContainers = null;
        List<VolumeView>? volumes = null;
        var json = new Utf8JsonReader(pod);
        json.Read();
        if (Seek(ref json, "spec"u8) && Enter(ref json))
        {
            while (NextField(ref json))
            {
                if (json.ValueTextEquals("containers"u8)) { containers = ReadList(ref json, Container); }
                else if (json.ValueTextEquals("initContainers"u8)) { initContainers = ReadList(ref json, Container); }
                else if (json.ValueTextEquals("volumes"u8)) { volumes = ReadList(ref json, ReadVolume); }
                else { Step(ref json); }
            }
        }

        return new(containers, initContainers, volumes);
    }

    private static ContainerView ReadContainer(ref Utf8JsonReader json, string[] variables)
    {
        VariableView? Variable(ref Utf8JsonReader json) => ReadVariable(ref json, variables);
        var name = "";
        List<VariableView>? env = null;
        List<MountView>? mounts = null;
        while (NextField(ref json))
        {
            if (json.ValueTextEquals("name"u8)) { name = ReadText(ref json) ?? ""; }
            else if (json.ValueTextEquals("env"u8)) { env = ReadList(ref json, Variable); }
            else if (json.ValueTextEquals("volumeMounts"u8)) { mounts = ReadList(ref json, ReadMount); }
            else { Step(ref json); }
        }

        return new(name, env, mounts);
    }

    /// <summary>Null for a variable that does not matter.</summary>
    private static VariableView? ReadVariable(ref Utf8JsonReader json, string[] variables)
    {
        string? name = null, secret = null, key = null;
        while (NextField(ref json))
        {
            if (json.ValueTextEquals("name"u8)) { name = ReadOneOf(ref json, variables); }
            else if (!json.ValueTextEquals("valueFrom"u8)) { Step(ref json); }
            else if (Enter(ref json)) { ReadSource(ref json, ref secret, ref key); }
        }

        return name is null ? null : new(name, secret, key);
    }

    private static string? ReadOneOf(ref Utf8JsonReader json, string[] texts)
    {
        json.Read();
        if (json.TokenType == JsonTokenType.String)
        {
            foreach (var text in texts)
            {
                if (json.ValueTextEquals(text))
                {
                    return text;
                }
            }
        }

        json.Skip();
        return null;
    }

    private static void ReadSource(ref Utf8JsonReader json, ref string? secret, ref string? key)
    {
        while (NextField(ref json))
        {
            if (!json.ValueTextEquals("secretKeyRef"u8)) { Step(ref json); }
            else if (Enter(ref json))
            {
                while (NextField(ref json))
                {
                    if (json.ValueTextEquals("name"u8)) { secret = ReadText(ref json); }
                    else if (json.ValueTextEquals("key"u8)) { key = ReadText(ref json); }
                    else { Step(ref json); }
                }
            }
        }
    }

    private static MountView ReadMount(ref Utf8JsonReader json)
    {
        string? volume = null, path = null;
        var subPath = false;
        while (NextField(ref json))
        {
            if (json.ValueTextEquals("name"u8)) { volume = ReadText(ref json); }
            else if (json.ValueTextEquals("mountPath"u8)) { path = ReadText(ref json); }
            else if (json.ValueTextEquals("subPath"u8) || json.ValueTextEquals("subPathExpr"u8)) { subPath |= !string.IsNullOrEmpty(ReadText(ref json)); }
            else { Step(ref json); }
        }

        return new(volume ?? "", path ?? "", subPath);
    }

    private static VolumeView ReadVolume(ref Utf8JsonReader json)
    {
        string? name = null, secret = null;
        var items = false;
        while (NextField(ref json))
        {
            if (json.ValueTextEquals("name"u8)) { name = ReadText(ref json); }
            else if (!json.ValueTextEquals("secret"u8)) { Step(ref json); }
            else if (Enter(ref json))
            {
                while (NextField(ref json))
                {
                    if (json.ValueTextEquals("secretName"u8)) { secret = ReadText(ref json); }
                    else if (json.ValueTextEquals("items"u8)) { items = ReadList(ref json, ReadNothing) is { Count: > 0 }; }
                    else { Step(ref json); }
                }
            }
        }

        return new(name ?? "", items ? null : secret);
    }

    private static bool ReadNothing(ref Utf8JsonReader json)
    {
        while (NextField(ref json))
        {
            Step(ref json);
        }

        return true;
    }
}
