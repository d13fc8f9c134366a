using System.Text;

namespace AgentWarden.ControlPlane;

/// <summary>The scripts this assembly carries, so that a published tool needs no source tree.</summary>
internal static class EmbeddedScripts
{
    private const UnixFileMode Executable =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute |
        UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    internal static string Read(string name)
    {
        using var stream = typeof(EmbeddedScripts).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"The assembly does not carry {name}.");
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }

    /// <summary>Writes the script by renaming, because another process may be running the one that is there.</summary>
    internal static string WriteTo(string directory, string name)
    {
        Directory.CreateDirectory(directory);
        var path = Path.Combine(directory, name);
        var fresh = $"{path}.{Guid.NewGuid():N}";
        File.WriteAllText(fresh, Read(name));
        File.SetUnixFileMode(fresh, Executable);
        File.Move(fresh, path, overwrite: true);
        return path;
    }
}
