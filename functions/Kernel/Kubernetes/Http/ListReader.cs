using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using AgentWarden.Kernel.Kubernetes.Watching;

namespace AgentWarden.Kernel.Kubernetes.Http;

/// <summary>
/// Reads a list from the stream, object by object: what is held is one object's JSON and the objects, never the document.
/// </summary>
internal sealed class ListReader<T>(JsonTypeInfo<T> type) where T : class
{
    private readonly List<T> _items = [];
    private readonly List<UnreadableObject> _unreadable = [];
    private string? _version, _continue;
    private JsonReaderState _state;
    private Place _place = Place.Start;

    private enum Place
    {
        Start,
        Properties,
        Items,
        End,
    }

    public async ValueTask<ListPage<T>> ReadAsync(Stream stream, CancellationToken cancellation)
    {
        using var window = new StreamWindow(stream, 64 * 1024);
        while (Advance(window))
        {
            if (window.Ended)
            {
                throw new IOException("The list ended too early.");
            }

            await window.FillDoubleAsync(cancellation);
        }

        // Reading to the end lets the connection be used again.
        await DrainAsync(window, cancellation);
        return new ListPage<T>(_items, _unreadable, _version, _continue);
    }

    private static async ValueTask DrainAsync(StreamWindow window, CancellationToken cancellation)
    {
        do
        {
            window.Consume(window.Unread.Length);
        }
        while (await window.FillAsync(cancellation));
    }

    /// <summary>Understands all that is whole in the window; true when more bytes are needed.</summary>
    private bool Advance(StreamWindow window)
    {
        // Never the final block: an answer that breaks off is a lost connection, not bad JSON.
        var bytes = window.Unread;
        var reader = new Utf8JsonReader(bytes, isFinalBlock: false, _state);
        while (_place != Place.End)
        {
            var before = reader;
            if (!Step(ref reader, bytes))
            {
                window.Consume((int)before.BytesConsumed);
                _state = before.CurrentState;
                return true;
            }
        }

        window.Consume((int)reader.BytesConsumed);
        return false;
    }

    /// <summary>One token, or one whole value; false when it is not complete yet.</summary>
    private bool Step(ref Utf8JsonReader reader, ReadOnlySpan<byte> bytes)
    {
        if (!reader.Read())
        {
            return false;
        }

        switch (_place, reader.TokenType)
        {
            case (Place.Start, JsonTokenType.StartObject):
                _place = Place.Properties;
                return true;
            case (Place.Properties, JsonTokenType.EndObject):
                _place = Place.End;
                return true;
            case (Place.Properties, JsonTokenType.PropertyName):
                return Property(ref reader, bytes);
            case (Place.Items, JsonTokenType.EndArray):
                _place = Place.Properties;
                return true;
            case (Place.Items, JsonTokenType.StartObject):
                return Item(ref reader, bytes);
            default:
                throw new JsonException("not a list");
        }
    }

    private bool Property(ref Utf8JsonReader reader, ReadOnlySpan<byte> bytes)
    {
        bool items = reader.ValueTextEquals("items"u8), metadata = reader.ValueTextEquals("metadata"u8);
        if (!reader.Read())
        {
            return false;
        }

        if (items && reader.TokenType == JsonTokenType.StartArray)
        {
            _place = Place.Items;
            return true;
        }

        if (!TryTake(ref reader, bytes, out var value))
        {
            return false;
        }

        if (metadata)
        {
            Metadata(value);
        }

        return true;
    }

    private void Metadata(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool version = reader.ValueTextEquals("resourceVersion"u8), next = reader.ValueTextEquals("continue"u8);
            reader.Read();
            if (version)
            {
                _version = reader.GetString();
            }
            else if (next)
            {
                _continue = reader.GetString() is { Length: > 0 } token ? token : null;
            }
            else
            {
                reader.Skip();
            }
        }
    }

    private bool Item(ref Utf8JsonReader reader, ReadOnlySpan<byte> bytes)
    {
        if (!TryTake(ref reader, bytes, out var json))
        {
            return false;
        }

        try
        {
            if (JsonSerializer.Deserialize(json, type) is { } item)
            {
                _items.Add(item);
            }
        }
        catch (JsonException e)
        {
            var metadata = AnswerMetadata.Read(json);
            _unreadable.Add(new(new(metadata.Namespace, metadata.Name), e.Path ?? "$"));
        }

        return true;
    }

    /// <summary>
    /// The bytes of the value at which the reader stands, and the reader moved past it; false when it is not complete yet.
    /// </summary>
    private static bool TryTake(ref Utf8JsonReader reader, ReadOnlySpan<byte> bytes, out ReadOnlySpan<byte> json)
    {
        var start = (int)reader.TokenStartIndex;
        var whole = reader.TrySkip();
        json = whole ? bytes[start..(int)reader.BytesConsumed] : default;
        return whole;
    }
}
