namespace AgentWarden.Platform.EventBridge.Sinks.EventGrid;

/// <summary>A JSON array of events that are JSON already, so that a request's size is known before it is made.</summary>
internal static class EncodedBatch
{
    /// <summary>What an event adds to a request: itself and a comma or bracket.</summary>
    public static int Size(byte[] encoded) => encoded.Length + 1;

    public static byte[] Join(IReadOnlyList<Batched<byte[]>> events)
    {
        var joined = new byte[events.Sum(e => e.Size) + 1];
        var at = 0;
        foreach (var encoded in events)
        {
            joined[at] = (byte)(at == 0 ? '[' : ',');
            encoded.Value.CopyTo(joined, at + 1);
            at += encoded.Size;
        }

        joined[at] = (byte)']';
        return joined;
    }
}
