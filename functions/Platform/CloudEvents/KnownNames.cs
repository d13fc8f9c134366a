using System.Buffers;
using System.Text;
using System.Text.Json;

namespace AgentWarden.Platform.CloudEvents;

/// <summary>Names of the attributes that the specification has, and that events of ours have.</summary>
internal static class KnownNames
{
    public const string SpecVersion = "specversion", Id = "id", Source = "source", Type = "type", Subject = "subject", Time = "time",
        DataContentType = "datacontenttype", DataSchema = "dataschema";

    /// <summary>What an attribute's name may be made of.</summary>
    public static readonly SearchValues<char> Allowed = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789");

    private static readonly (byte[] Utf8, string Text)[] All =
    [
        .. new[] { Id, SpecVersion, Source, Type, Subject, Time, DataContentType, DataSchema }
            .Concat(ObjectAttributes.All.Select(a => a.Name)).Select(n => (Encoding.UTF8.GetBytes(n), n)),
    ];

    /// <summary>The name that the reader stands at, and whether it is one of these, which then is not made anew.</summary>
    public static (string Name, bool Known) Of(ref Utf8JsonReader reader)
    {
        foreach (var (utf8, text) in All)
        {
            // An escaped name is read as text below, and known there as well as here: by what it says.
            if (reader.ValueSpan.SequenceEqual(utf8))
            {
                return (text, true);
            }
        }

        return (reader.GetString()!, false);
    }
}
