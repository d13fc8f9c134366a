using System.Text;
using System.Xml;
using System.Xml.Linq;

namespace AgentWarden.Platform.EventBridge.Sinks.StorageQueue;

/// <summary>A message that was taken from a queue and is hidden from others for a while.</summary>
/// <param name="Id">Its name in the queue.</param>
/// <param name="Receipt">Proof that it was taken, needed to delete it.</param>
/// <param name="Text">As it was put; base64 in messages for Functions.</param>
internal sealed record QueueMessage(string Id, string Receipt, string Text);

/// <summary>The XML of the Queue service: one message to put, the messages that were got.</summary>
internal static class QueueXml
{
    private static readonly XmlReaderSettings Settings = new() { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null };

    public static byte[] Message(string text) =>
        Encoding.UTF8.GetBytes(new XElement("QueueMessage", new XElement("MessageText", text)).ToString(SaveOptions.DisableFormatting));

    public static IReadOnlyList<QueueMessage> Messages(Stream xml)
    {
        using var reader = XmlReader.Create(xml, Settings);
        return [.. XElement.Load(reader).Elements("QueueMessage").Select(m => new QueueMessage(Text(m, "MessageId"), Text(m, "PopReceipt"), Text(m, "MessageText")))];
    }

    private static string Text(XElement message, string name) => message.Element(name)?.Value ?? "";
}

/// <summary>A message's text as the Functions host reads it unless <c>host.json</c> says otherwise: base64 of the content.</summary>
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
