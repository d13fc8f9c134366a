namespace AgentWarden.Platform.EventBridge.Sinks.StorageQueue;

/// <summary>A message's text as the Functions host reads it unless <c>host.json</c> says otherwise: base64 of the content.</summary>
/// <remarks>Not by the library's own encoding: what is no base64 is parked as it came, and the library would not hand it over.</remarks>
internal static class QueueText
{
    /// <summary>The service's limit for a message's text, in bytes.</summary>
    public const int Limit = 64 * 1024;

    public static string Encode(byte[] content) => Convert.ToBase64String(content);

    /// <summary>The content, or null when the text is not base64.</summary>
    public static byte[]? Decode(string text)
    {
        var content = new byte[text.Length];
        return Convert.TryFromBase64String(text, content, out var length) ? content[..length] : null;
    }
}
