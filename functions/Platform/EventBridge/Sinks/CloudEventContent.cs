using System.Net.Http.Headers;
using AgentWarden.Platform.CloudEvents;
using CloudNative.CloudEvents;
using CloudNative.CloudEvents.Http;

namespace AgentWarden.Platform.EventBridge.Sinks;

/// <summary>CloudEvents as HTTP requests, in the three content modes of the HTTP binding.</summary>
internal static class CloudEventContent
{
    /// <summary>Without the attributes as headers, which the SDK adds in this mode too: they are in the body.</summary>
    public static HttpRequestMessage Structured(Uri target, CloudEvent cloudEvent) =>
        Post(target, CloudEventJsonFormatter.Instance.EncodeStructured(cloudEvent), MediaTypes.Structured);

    public static HttpRequestMessage Batch(Uri target, IEnumerable<CloudEvent> events) =>
        Post(target, CloudEventJsonFormatter.Instance.EncodeBatch(events), MediaTypes.Batch);

    public static HttpRequestMessage Binary(Uri target, CloudEvent cloudEvent) =>
        new(HttpMethod.Post, target) { Content = cloudEvent.ToHttpContent(ContentMode.Binary, CloudEventJsonFormatter.Instance) };

    private static HttpRequestMessage Post(Uri target, byte[] body, string type) =>
        new(HttpMethod.Post, target) { Content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue(type) } } };
}
