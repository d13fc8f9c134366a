using System.Text;
using System.Text.Json;
using static AgentWarden.Kernel.Admission.JsonFields;

namespace AgentWarden.Kernel.Admission;

/// <summary>
/// Reads what selectors and annotations say about a pod, and nothing behind it. Throws <see cref="JsonException"/> for what is no pod.
/// </summary>
internal static class PodMetadataReader
{
    /// <summary>
    /// Labels, the annotations of a prefix, and one more annotation. Stops behind <c>metadata</c>, which the API server writes before
    /// <c>spec</c>.
    /// </summary>
    public static PodMetadata Read(ReadOnlySpan<byte> pod, ReadOnlySpan<byte> annotationPrefix, ReadOnlySpan<byte> annotation)
    {
        var labels = new Dictionary<string, string>(StringComparer.Ordinal);
        var annotations = new Dictionary<string, string>(StringComparer.Ordinal);
        var hasAnnotations = false;
        var json = new Utf8JsonReader(pod);
        json.Read();
        if (Seek(ref json, "metadata"u8) && Enter(ref json))
        {
            while (NextField(ref json))
            {
                if (json.ValueTextEquals("labels"u8))
                {
                    ReadStrings(ref json, [], [], labels);
                }
                else if (json.ValueTextEquals("annotations"u8))
                {
                    hasAnnotations = ReadStrings(ref json, annotationPrefix, annotation, annotations);
                }
                else
                {
                    Step(ref json);
                }
            }
        }

        return new(labels, annotations, hasAnnotations);
    }

    private static bool ReadStrings(
        ref Utf8JsonReader json, ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> whole, Dictionary<string, string> into)
    {
        if (!Enter(ref json))
        {
            return false;
        }

        while (NextField(ref json))
        {
            // A key with an escape is compared in its decoded form; the API server never writes one here.
            var wanted = json.ValueIsEscaped
                ? Text(ref json).StartsWith(Encoding.UTF8.GetString(prefix), StringComparison.Ordinal)
                : json.ValueSpan.StartsWith(prefix);
            if (wanted || json.ValueTextEquals(whole))
            {
                var key = Text(ref json);
                into[key] = ReadText(ref json) ?? "";
            }
            else
            {
                Step(ref json);
            }
        }

        return true;
    }
}
