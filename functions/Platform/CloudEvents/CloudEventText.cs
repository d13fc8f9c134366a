using System.Text;
using System.Text.Json;

namespace AgentWarden.Platform.CloudEvents;

/// <summary>CloudEvents in the text of a message.</summary>
internal static class CloudEventText
{
    /// <summary>One event, or a batch.</summary>
    public static IReadOnlyList<CloudEvent> Parse(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(Encoding.UTF8.GetBytes(text));
            var root = document.RootElement.Clone();
            return root.ValueKind == JsonValueKind.Array ? CloudEventCodec.ReadBatch(root) : [CloudEventJson.Read(root)];
        }
        catch (JsonException e)
        {
            throw new CloudEventException("The message is not JSON. Send CloudEvents 1.0 in JSON.", e);
        }
    }
}
