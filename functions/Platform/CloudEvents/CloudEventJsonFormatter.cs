using System.Net.Mime;
using System.Text;
using System.Text.Json;
using CloudNative.CloudEvents;

namespace AgentWarden.Platform.CloudEvents;

/// <summary>
/// The JSON event format of CloudEvents 1.0, for the SDK's event type: one pass over the bytes, without reflection, with limits.
/// Attributes and data are those that the SDK's own formatter gives (a test compares them); what is valid but odd is taken too.
/// </summary>
/// <remarks>
/// Data that is JSON is a <see cref="JsonElement"/>, other text a string, and what came as base64 bytes.
/// Written is also an <see cref="Kernel.Kubernetes.ObjectReference"/>. Every method that reads throws <see cref="CloudEventException"/>.
/// </remarks>
internal sealed class CloudEventJsonFormatter : CloudEventFormatter
{
    /// <summary>More events than this in one batch are refused: a batch is answered as a whole.</summary>
    public const int MaxBatch = 1000;

    /// <summary>It has no state.</summary>
    public static readonly CloudEventJsonFormatter Instance = new();

    private CloudEventJsonFormatter()
    {
    }

    public override CloudEvent DecodeStructuredModeMessage(
        ReadOnlyMemory<byte> body, ContentType? contentType, IEnumerable<CloudEventAttribute>? extensionAttributes) =>
        JsonText.Read(body, contentType?.CharSet, extensionAttributes, static (ref Utf8JsonReader reader, IEnumerable<CloudEventAttribute>? known) =>
            CloudEventJsonReader.Read(ref reader, known));

    public override IReadOnlyList<CloudEvent> DecodeBatchModeMessage(
        ReadOnlyMemory<byte> body, ContentType? contentType, IEnumerable<CloudEventAttribute>? extensionAttributes) =>
        JsonText.Read(body, contentType?.CharSet, extensionAttributes, static (ref Utf8JsonReader reader, IEnumerable<CloudEventAttribute>? known) =>
            CloudEventJsonReader.ReadBatch(ref reader, known));

    /// <summary>Every JSON type counts as JSON, not <c>application/json</c> alone; an unknown type's data stays bytes.</summary>
    public override void DecodeBinaryModeEventData(ReadOnlyMemory<byte> body, CloudEvent cloudEvent)
    {
        var type = cloudEvent.DataContentType;
        cloudEvent.Data = type is not null && MediaTypes.IsText(type) ? JsonText.Encoding(MediaTypes.Charset(type)).GetString(body.Span)
            : type is not null && !MediaTypes.IsJson(type) ? body.ToArray()
            : body.IsEmpty ? null
            : JsonText.Read(body, MediaTypes.Charset(type), 0, static (ref Utf8JsonReader reader, int _) => JsonElement.ParseValue(ref reader));
    }

    /// <summary>The event in UTF-8, for those who need no content type.</summary>
    public byte[] EncodeStructured(CloudEvent cloudEvent) => JsonText.Write(cloudEvent, CloudEventJsonWriter.Write);

    public byte[] EncodeBatch(IEnumerable<CloudEvent> events) => JsonText.Write(events, CloudEventJsonWriter.WriteBatch);

    public override ReadOnlyMemory<byte> EncodeStructuredModeMessage(CloudEvent cloudEvent, out ContentType contentType)
    {
        contentType = Utf8(MediaTypes.Structured);
        return EncodeStructured(cloudEvent);
    }

    public override ReadOnlyMemory<byte> EncodeBatchModeMessage(IEnumerable<CloudEvent> cloudEvents, out ContentType contentType)
    {
        contentType = Utf8(MediaTypes.Batch);
        return EncodeBatch(cloudEvents);
    }

    public override ReadOnlyMemory<byte> EncodeBinaryModeEventData(CloudEvent cloudEvent) => cloudEvent.Data switch
    {
        null => default,
        byte[] bytes => bytes,
        string text when cloudEvent.DataContentType is { } type && MediaTypes.IsText(type) =>
            JsonText.Encoding(MediaTypes.Charset(type)).GetBytes(text),
        _ => JsonText.Encode(JsonText.Write(cloudEvent, CloudEventJsonWriter.WriteJsonData), MediaTypes.Charset(cloudEvent.DataContentType)),
    };

    /// <summary>As the specification has it: what is no bytes is JSON when nothing else is said.</summary>
    protected override string? InferDataContentType(object data) => data is byte[] ? null : MediaTypes.Json;

    private static ContentType Utf8(string mediaType) => new(mediaType) { CharSet = Encoding.UTF8.WebName };
}
