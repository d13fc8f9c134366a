using System.Text.Json;

namespace AgentWarden.Kernel.Admission;

/// <summary>The steps of a forward-only reader over objects of which most fields are not wanted.</summary>
internal static class JsonFields
{
    /// <summary>Reads the object that the reader has entered; null leaves it out of the list.</summary>
    public delegate T? ReadItem<out T>(ref Utf8JsonReader json);

    /// <summary>Looks for a field of the object that the reader stands on; afterwards on the field's name.</summary>
    public static bool Seek(ref Utf8JsonReader json, ReadOnlySpan<byte> field)
    {
        if (json.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException("not an object");
        }

        while (NextField(ref json))
        {
            if (json.ValueTextEquals(field))
            {
                return true;
            }

            Step(ref json);
        }

        return false;
    }

    public static bool NextField(ref Utf8JsonReader json) => json.Read() && json.TokenType == JsonTokenType.PropertyName;

    /// <summary>From a field's name into its object; false, and behind it, when the value is none.</summary>
    public static bool Enter(ref Utf8JsonReader json)
    {
        json.Read();
        if (json.TokenType == JsonTokenType.StartObject)
        {
            return true;
        }

        json.Skip();
        return false;
    }

    /// <summary>Null when the list is null.</summary>
    public static List<T>? ReadList<T>(ref Utf8JsonReader json, ReadItem<T> read)
    {
        json.Read();
        if (json.TokenType == JsonTokenType.Null)
        {
            return null;
        }

        // A list that is none, or holds what is no object, would shift every index of the patch.
        var list = json.TokenType == JsonTokenType.StartArray ? new List<T>() : throw new JsonException("not a list");
        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            if ((json.TokenType == JsonTokenType.StartObject ? read(ref json) : throw new JsonException("not a list of objects")) is { } item)
            {
                list.Add(item);
            }
        }

        return list;
    }

    public static string? ReadText(ref Utf8JsonReader json)
    {
        json.Read();
        if (json.TokenType == JsonTokenType.String)
        {
            return Text(ref json);
        }

        json.Skip();
        return null;
    }

    public static void Step(ref Utf8JsonReader json)
    {
        json.Read();
        json.Skip();
    }

    /// <summary>The name or string that the reader stands on.</summary>
    public static string Text(ref Utf8JsonReader json)
    {
        try
        {
            return json.GetString() ?? "";
        }
        catch (InvalidOperationException notText)
        {
            // How the reader reports what is no UTF-8, or half of a surrogate pair.
            throw new JsonException("not valid text", notText);
        }
    }
}
