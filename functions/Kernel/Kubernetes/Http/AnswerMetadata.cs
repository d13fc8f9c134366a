using System.Text.Json;
using System.Text.Json.Serialization;

namespace AgentWarden.Kernel.Kubernetes.Http;

/// <summary>Reads who and which version from an object's JSON and skips all the rest, so that a write costs next to no memory.</summary>
internal static class AnswerMetadata
{
    public static ObjectMeta Read(ReadOnlySpan<byte> body)
    {
        if (body.IsEmpty || JsonSerializer.Deserialize(body, AnswerJson.Default.AnsweredObject)?.Metadata is not { } metadata)
        {
            return new ObjectMeta();
        }

        return new ObjectMeta
        {
            Name = metadata.Name ?? "",
            Namespace = metadata.Namespace,
            Uid = metadata.Uid,
            ResourceVersion = metadata.ResourceVersion,
            Generation = metadata.Generation,
            CreationTimestamp = metadata.CreationTimestamp,
            DeletionTimestamp = metadata.DeletionTimestamp,
        };
    }
}

internal sealed record AnsweredObject(AnsweredMetadata? Metadata);

internal sealed record AnsweredMetadata(
    string? Name,
    string? Namespace,
    string? Uid,
    string? ResourceVersion,
    long Generation,
    DateTimeOffset? CreationTimestamp,
    DateTimeOffset? DeletionTimestamp);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(AnsweredObject))]
internal sealed partial class AnswerJson : JsonSerializerContext;
